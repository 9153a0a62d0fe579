-- Migration 2: what listings without descriptions said of a posting when its details were read.

-- A fingerprint of the listing's words; details are asked for again when it differs.
CREATE TABLE listed (
	posting_id INTEGER NOT NULL PRIMARY KEY REFERENCES posting (id) ON DELETE CASCADE,
	hash       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
