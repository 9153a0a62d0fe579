-- Migration 5: what all runs share about the hosts that they ask.

-- A host, or the hosts of a service that are paced as one.
CREATE TABLE host (
	key          TEXT PRIMARY KEY,            -- its name, or the service's
	next_at      INTEGER NOT NULL DEFAULT 0,  -- no request starts before
	rest_until   INTEGER NOT NULL DEFAULT 0,  -- it asked not to be visited (H06)
	full_until   INTEGER NOT NULL DEFAULT 0,  -- its budget is used up
	wanted_by    TEXT,                        -- the worker that waits for a connection
	wanted_until INTEGER NOT NULL DEFAULT 0,
	interval_ms  INTEGER NOT NULL,            -- the limits it was asked under last
	at_once      INTEGER NOT NULL,
	per_hour     INTEGER NOT NULL,            -- 0: any number
	per_day      INTEGER NOT NULL,
	seen_at      INTEGER NOT NULL
) STRICT;

-- Connections that a worker may have to a host, until the lease ends.
CREATE TABLE slot (
	host        TEXT NOT NULL REFERENCES host (key) ON DELETE CASCADE,
	worker      TEXT NOT NULL,
	n           INTEGER NOT NULL,
	lease_until INTEGER NOT NULL,
	PRIMARY KEY (host, worker)
) STRICT, WITHOUT ROWID;

-- Requests that were allowed to start, by five minutes.
CREATE TABLE host_use (
	host TEXT NOT NULL REFERENCES host (key) ON DELETE CASCADE,
	at   INTEGER NOT NULL,                    -- the beginning of the five minutes
	n    INTEGER NOT NULL,
	PRIMARY KEY (host, at)
) STRICT, WITHOUT ROWID;
