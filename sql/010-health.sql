-- Migration 10: what visits cost, and boards in trouble.

-- Requests that a visit takes, exponential average.
ALTER TABLE board ADD COLUMN requests_avg REAL NOT NULL DEFAULT 1;
-- When the first of the failed visits in a row was; null: the last one did not fail.
ALTER TABLE board ADD COLUMN failing_since INTEGER;
UPDATE board SET failing_since = coalesce(last_visit_at, created_at) WHERE failures > 0;
CREATE INDEX board_failing ON board (failing_since) WHERE failing_since IS NOT NULL;

-- A board whose failing persists (C02).  The row goes when the operator knows that it recovered.
CREATE TABLE alert (
	board_id    INTEGER PRIMARY KEY REFERENCES board (id) ON DELETE CASCADE,
	opened_at   INTEGER NOT NULL,
	told        TEXT,                     -- failing, disabled: what the operator was told; null: nothing
	told_at     INTEGER,
	teller      TEXT,                     -- the worker that tells, until the lease ends
	lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
