-- Migration 4: the full-text index of postings.  It holds lexemes, made by lib/posting/lexeme.c and
-- never by an engine, so that every engine finds the same.

CREATE TABLE posting_text (
	posting_id bigint PRIMARY KEY REFERENCES posting (id) ON DELETE CASCADE,
	lexemes    tsvector NOT NULL
);
CREATE INDEX posting_text_lexemes ON posting_text USING gin (lexemes);

-- How far the index is filled: one row.
CREATE TABLE text_index (
	n       bigint PRIMARY KEY,           -- 1
	version bigint NOT NULL,              -- of the rules that made the lexemes
	upto    bigint                        -- postings with greater ids are not in it; null: all are
);
INSERT INTO text_index (n, version, upto)
SELECT 1, 1, CASE WHEN (SELECT max(id) FROM posting) IS NOT NULL THEN 0 END;
