-- Migration 7: robots.txt, shared by all runs.

-- The rules that an origin has for us.
CREATE TABLE robots (
	origin     TEXT PRIMARY KEY,              -- scheme://host:port
	rules      TEXT,                          -- those for us, as robots.txt; null: none were ever had
	fetched_at INTEGER NOT NULL,
	down_since INTEGER                        -- no answer since then
) STRICT;
