-- jp-db copy: what it writes down in the database that it fills.  Rows of the other tables are moved
-- by texts that the build makes of the schema.

-- What this database is an unfinished copy of.
-- name: copying_of
-- cols: source:text version:int
SELECT source, version FROM copying WHERE n = 1;

-- Notes it, before the first row.
-- name: copying_begin
-- args: source:text version:int
INSERT INTO copying (n, source, version) VALUES (1, :source, :version);

-- Takes the note away, after the last.
-- name: copying_end
DELETE FROM copying;
