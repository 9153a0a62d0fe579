-- Migration 12: the full-text index is written in greater parts, and these are merged when there
-- are many: a merge writes all they hold again.

INSERT INTO posting_text (posting_text, rank) VALUES ('automerge', 64);
INSERT INTO posting_text (posting_text, rank) VALUES ('crisismerge', 64);
-- Bytes that a transaction may gather before they are written out: enough for 500 postings.
INSERT INTO posting_text (posting_text, rank) VALUES ('hashsize', 4194304);
