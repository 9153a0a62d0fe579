-- Migration 9: workers of the queue, as they tell of themselves.

-- One that runs jp-queue work; it goes when that ends, so one not seen for long was killed.
CREATE TABLE worker (
	name       TEXT PRIMARY KEY,          -- as in leases
	types      TEXT NOT NULL,             -- what it works on, with blanks between
	started_at INTEGER NOT NULL,
	seen_at    INTEGER NOT NULL,
	handlers   INTEGER NOT NULL,          -- processes
	tasks      INTEGER NOT NULL,          -- in their hands
	n_done     INTEGER NOT NULL,          -- since it started
	n_retried  INTEGER NOT NULL,
	n_dead     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX worker_seen ON worker (seen_at);
