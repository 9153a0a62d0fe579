-- What makes an empty PostgreSQL database ours, before the first migration; SQLite keeps the mark and
-- the version in the file's header.

-- One row: whose the tables are, and the schema's version.
CREATE TABLE IF NOT EXISTS jp_schema (
	application TEXT PRIMARY KEY CHECK (application = 'jobping'),
	version     BIGINT NOT NULL
);
INSERT INTO jp_schema (application, version) VALUES ('jobping', 0)
ON CONFLICT (application) DO NOTHING;

-- json_each of a list of whole numbers, and of one of texts: on SQLite its values have the type that
-- they have in the array, here a column has one type.  Both are inlined where they are called.
CREATE OR REPLACE FUNCTION jp_each_int(list text) RETURNS TABLE (value bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT CAST(e AS bigint) FROM json_array_elements_text(CAST(list AS json)) AS t(e)';
CREATE OR REPLACE FUNCTION jp_each_text(list text) RETURNS TABLE (value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT e FROM json_array_elements_text(CAST(list AS json)) AS t(e)';
