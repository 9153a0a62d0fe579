-- The full-text index of postings, posting_text, and how far it is filled, text_index.  A lexeme
-- list is made by lib/posting/lexeme.c.  SQLite's index does not store what it indexes: an entry is
-- taken out by the same list that put it in.

-- By which rules the index was made, and how far.
-- name: textindex_state
-- cols: version:int upto:int?
SELECT version, upto FROM text_index WHERE n = 1;

-- By which rules writers keep the index, and up to which posting; null: all.  PostgreSQL's builder
-- works beside them, so there they keep all of it.
-- name: textindex_kept
-- cols: version:int upto:int?
SELECT version, upto FROM text_index WHERE n = 1;
-- name: textindex_kept @postgres
SELECT version, CAST(NULL AS bigint) AS upto FROM text_index WHERE n = 1;

-- Adds a posting.  Where the builder and a writer meet at one, the first of them is right.
-- name: textindex_add
-- args: posting:int lexemes:text
INSERT INTO posting_text (rowid, lexemes) VALUES (:posting, :lexemes);
-- name: textindex_add @postgres
INSERT INTO posting_text (posting_id, lexemes)
VALUES (:posting, array_to_tsvector(string_to_array(:lexemes, ' ')))
ON CONFLICT (posting_id) DO NOTHING;

-- The posting, if the index has it; the question is one of its lexemes, in double quotes.
-- name: textindex_has
-- args: posting:int question:text
-- cols: id:int
SELECT rowid AS id FROM posting_text WHERE posting_text MATCH :question AND rowid = :posting;
-- name: textindex_has @postgres
SELECT posting_id AS id FROM posting_text
WHERE posting_id = :posting AND :question IS NOT NULL;

-- Takes a posting out, with the list that put it in.
-- name: textindex_take
-- args: posting:int lexemes:text
INSERT INTO posting_text (posting_text, rowid, lexemes) VALUES ('delete', :posting, :lexemes);
-- name: textindex_take @postgres
DELETE FROM posting_text WHERE posting_id = :posting AND :lexemes IS NOT NULL;

-- Empties the index, before it is built anew.
-- name: textindex_clear
-- scan: all of it goes
INSERT INTO posting_text (posting_text) VALUES ('delete-all');
-- name: textindex_clear @postgres
DELETE FROM posting_text;

-- Says that the index is being built by these rules, from the first posting on.
-- name: textindex_restart
-- args: version:int
INSERT INTO text_index (n, version, upto) VALUES (1, :version, 0)
ON CONFLICT (n) DO UPDATE SET version = excluded.version, upto = 0;

-- The next postings to be indexed.
-- name: textindex_portion
-- args: after:int limit:int
-- cols: id:int
SELECT id FROM posting WHERE id > :after ORDER BY id LIMIT :limit;

-- Moves the builder on, unless another one did meanwhile; null: it is at the end.
-- name: textindex_advance
-- args: from:int upto:int?
UPDATE text_index SET upto = :upto WHERE n = 1 AND upto = :from;

-- How many postings there are, and how many of them are beyond that id.
-- name: textindex_count
-- args: after:int
-- cols: n:int rest:int
-- scan: counted once, for whoever watches the index being built
SELECT count(*) AS n, count(CASE WHEN id > :after THEN 1 END) AS rest FROM posting;

-- Postings closed before that, the longest closed first.
-- name: posting_prunable
-- args: before:int limit:int
-- cols: id:int
SELECT id FROM posting WHERE closed_at < :before ORDER BY closed_at, id LIMIT :limit;

-- Removes postings, with places, skills, events and matches by cascade.  That their groups were
-- sent to somebody is kept.
-- name: posting_delete
-- args: ids:list
DELETE FROM posting WHERE id IN (SELECT value FROM json_each(:ids));

-- All postings of a board.
-- name: posting_ids_of_board
-- args: board:int
-- cols: id:int
SELECT id FROM posting WHERE board_id = :board ORDER BY id;
