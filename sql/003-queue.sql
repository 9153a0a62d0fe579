-- Migration 3: the queue.

-- A task (lib/queue/queue.h tells its life).  One index serves every state, because `due` is the
-- time that the state goes by.
CREATE TABLE task (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	type         TEXT NOT NULL,
	state        TEXT NOT NULL,            -- delayed waiting running done dead buried
	due          INTEGER NOT NULL,         -- delayed: its time; waiting: its place; running: the lease's
	                                       -- end; done, dead, buried: since when
	turn         INTEGER,                  -- the place without its priority; null: not placed yet
	priority     INTEGER NOT NULL,
	attempts     INTEGER NOT NULL DEFAULT 0, -- claims, those given back not counted
	max_attempts INTEGER,                  -- null: what the type's configuration says
	lease_no     INTEGER NOT NULL DEFAULT 0, -- counts claims; every write by a holder names it
	worker       TEXT,                     -- who has it, or had it last
	run_at       INTEGER NOT NULL,         -- not before; when it was added, retried
	created_at   INTEGER NOT NULL,
	started_at   INTEGER,                  -- the last claim
	key          TEXT,                     -- one at a time of a type is delayed, waiting or running
	subscriber   TEXT,                     -- whose share of the type it takes
	error        TEXT,                     -- of the last attempt that failed
	output       BLOB,                     -- the end of what its handler said
	result       TEXT,                     -- a line that its handler gave
	payload      TEXT NOT NULL             -- JSON on one line
) STRICT;
CREATE INDEX task_state ON task (state, type, due, id);
CREATE UNIQUE INDEX task_key ON task (type, key)
	WHERE key IS NOT NULL AND state IN ('delayed', 'waiting', 'running');
CREATE INDEX task_turn ON task (type, turn) WHERE state = 'waiting' AND subscriber IS NOT NULL;
CREATE INDEX task_subscriber ON task (type, subscriber, turn)
	WHERE state = 'waiting' AND subscriber IS NOT NULL;

-- What is known of a type besides its configuration.  A claim within limits writes its row first,
-- so that those who count wait for each other.
CREATE TABLE task_type (
	type      TEXT PRIMARY KEY,
	paused_at INTEGER,                     -- nothing is claimed
	n_claims  INTEGER NOT NULL DEFAULT 0   -- claims within limits
) STRICT, WITHOUT ROWID;

-- Starts of tasks whose rate is bounded: those numbered n_before + 1 to n_after in the order of
-- their part began at that time.
CREATE TABLE rate (
	type       TEXT NOT NULL,
	part       TEXT NOT NULL,              -- '' all of the type; 'key:K'; 'subscriber:S'
	at         INTEGER NOT NULL,
	n_before   INTEGER NOT NULL,
	n_after    INTEGER NOT NULL,
	keep_until INTEGER NOT NULL,           -- no window reaches back to it from then on
	PRIMARY KEY (type, part, at, n_before)
) STRICT, WITHOUT ROWID;
