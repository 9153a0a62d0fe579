-- Migration 12: SQLite's full-text index is told when to merge; here the server does as it likes.
SELECT 1;
