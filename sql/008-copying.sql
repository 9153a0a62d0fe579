-- Migration 8: what jp-db copy is making of this database.  No row in one that is in use.

CREATE TABLE copying (
	n       INTEGER PRIMARY KEY,          -- 1
	source  TEXT NOT NULL,                -- the database that is copied, as messages show it
	version INTEGER NOT NULL              -- its schema
) STRICT;
