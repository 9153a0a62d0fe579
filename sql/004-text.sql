-- Migration 4: the full-text index of postings.  It holds lexemes, made by lib/posting/lexeme.c and
-- never by an engine, so that every engine finds the same.  What is indexed is not stored here: the
-- text stands in posting.

-- Rows are postings; a lexeme has letters and digits of any script and + # . : and _, so that this
-- tokenizer splits the list only at blanks.
CREATE VIRTUAL TABLE posting_text USING fts5 (
	lexemes,
	content = '',
	columnsize = 0,
	detail = none,
	tokenize = "ascii tokenchars '+#.:_'"
);
INSERT INTO posting_text (posting_text, rank) VALUES ('automerge', 16);

-- How far the index is filled: one row.
CREATE TABLE text_index (
	n       INTEGER PRIMARY KEY,          -- 1
	version INTEGER NOT NULL,             -- of the rules that made the lexemes
	upto    INTEGER                       -- postings with greater ids are not in it; null: all are
) STRICT;
INSERT INTO text_index (n, version, upto)
SELECT 1, 1, CASE WHEN (SELECT max(id) FROM posting) IS NOT NULL THEN 0 END;
