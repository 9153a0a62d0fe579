-- Migration 1: boards, postings, subscribers, matches, messages, and what the programs tell of
-- themselves.
--
-- Times are integer milliseconds since the epoch, UTC; money is integer micro-units; lists are JSON
-- arrays; booleans are 0 and 1.  Ids are never reused: old tokens must not hit strangers.

-- A place that postings are read from.
CREATE TABLE board (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	kind            TEXT NOT NULL,               -- adapter: greenhouse, lever, ashby, feed
	token           TEXT NOT NULL,               -- addresses the board in its service: a slug or a feed's URL
	company         TEXT,                        -- the operator's name for it, used where the payload has none
	interval_ms     INTEGER,                     -- between visits; null: scrape.interval
	next_at         INTEGER NOT NULL,            -- due from then on
	worker          TEXT,                        -- who visits it now
	lease_until     INTEGER NOT NULL DEFAULT 0,
	lease_no        INTEGER NOT NULL DEFAULT 0,  -- counts claims; every write by a holder names it
	etag            TEXT,                        -- validators of the last listing that was stored
	last_modified   TEXT,
	region          TEXT,                        -- which of a service's hosts answered (lever: eu)
	body_hash       BLOB,                        -- of the last listing that was stored
	was_complete    INTEGER NOT NULL DEFAULT 0,  -- that listing was complete, so a 304 is too (H05)
	suspect_hash    BLOB,                        -- of a short or empty listing that is waited out (R2)
	suspect_since   INTEGER,
	suspect_visits  INTEGER NOT NULL DEFAULT 0,
	failures        INTEGER NOT NULL DEFAULT 0,  -- visits in a row without an answer
	gone            INTEGER NOT NULL DEFAULT 0,  -- 404/410 answers in a row (R4)
	last_visit_at   INTEGER,
	last_success_at INTEGER,
	last_status     TEXT,                        -- word of the last visit, see visit.status
	disabled_at     INTEGER,
	disabled_reason TEXT,
	created_at      INTEGER NOT NULL,
	UNIQUE (kind, token)
) STRICT;
CREATE INDEX board_due ON board (next_at) WHERE disabled_at IS NULL;

-- Every visit of a board; pruned by jp-db gc.
CREATE TABLE visit (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	board_id    INTEGER NOT NULL REFERENCES board (id) ON DELETE CASCADE,
	at          INTEGER NOT NULL,
	status      TEXT NOT NULL,        -- ok unchanged partial suspect empty gone blocked error
	http_status INTEGER,              -- of the answer that decided
	complete    INTEGER NOT NULL,     -- may mark postings missing (R1)
	reason      TEXT,                 -- why not complete, or what failed
	bytes       INTEGER NOT NULL,
	ms          INTEGER NOT NULL,
	n_postings  INTEGER NOT NULL,
	n_bad       INTEGER NOT NULL,     -- items that could not be read
	n_new       INTEGER NOT NULL,
	n_changed   INTEGER NOT NULL,
	n_closed    INTEGER NOT NULL
) STRICT;
CREATE INDEX visit_board ON visit (board_id, at);
CREATE INDEX visit_at ON visit (at);

-- A posting, normalised (see lib/posting/posting.h for each field's rule).
CREATE TABLE posting (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	board_id        INTEGER NOT NULL REFERENCES board (id) ON DELETE CASCADE,
	external_id     TEXT NOT NULL,        -- id inside the board; opaque (R7)
	requisition     TEXT,                 -- the vendor's id of the job behind several posts (R7)
	title           TEXT NOT NULL,
	company         TEXT NOT NULL,
	description     TEXT NOT NULL,        -- plain text
	url             TEXT NOT NULL,
	apply_url       TEXT NOT NULL,
	employment_type TEXT,
	level           TEXT,
	remote          TEXT,                 -- onsite hybrid remote; null: unknown
	department      TEXT,
	salary_min      INTEGER,
	salary_max      INTEGER,
	salary_currency TEXT,
	salary_period   TEXT,
	language        TEXT,                 -- ISO 639-1
	posted_at       INTEGER,
	posted_flags    INTEGER NOT NULL DEFAULT 0, -- 1: date only, 2: derived
	updated_at      INTEGER,
	valid_through   INTEGER,
	first_seen      INTEGER NOT NULL,
	last_seen       INTEGER NOT NULL,
	missed          INTEGER NOT NULL DEFAULT 0, -- complete listings in a row without it
	closed_at       INTEGER,              -- null: open
	close_reason    TEXT,                 -- missing expired
	hash            BLOB NOT NULL,        -- of what a reader would call a change (R6)
	hash_version    INTEGER NOT NULL,
	dedupe_key      INTEGER NOT NULL,     -- equal for near-duplicates
	group_id        INTEGER,              -- the first posting of its near-duplicates; set at insertion
	revision        INTEGER NOT NULL DEFAULT 1, -- grows with every change
	match_due       INTEGER NOT NULL DEFAULT 1, -- 1: not yet run against the searches
	UNIQUE (board_id, external_id)
) STRICT;
CREATE INDEX posting_match_due ON posting (id) WHERE match_due = 1;
CREATE INDEX posting_dedupe ON posting (dedupe_key);
CREATE INDEX posting_requisition ON posting (board_id, requisition) WHERE requisition IS NOT NULL;
CREATE INDEX posting_open ON posting (first_seen) WHERE closed_at IS NULL;
CREATE INDEX posting_expiry ON posting (valid_through) WHERE closed_at IS NULL AND valid_through IS NOT NULL;
CREATE INDEX posting_closed ON posting (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX posting_group ON posting (group_id);

-- Places of a posting, the primary one first.
CREATE TABLE location (
	posting_id INTEGER NOT NULL REFERENCES posting (id) ON DELETE CASCADE,
	n          INTEGER NOT NULL,
	text       TEXT NOT NULL,             -- as given
	city       TEXT,
	region     TEXT,
	country    TEXT,                      -- ISO 3166-1 alpha-2
	PRIMARY KEY (posting_id, n)
) STRICT, WITHOUT ROWID;

-- Canonical names of skills found in a posting.
CREATE TABLE posting_skill (
	posting_id INTEGER NOT NULL REFERENCES posting (id) ON DELETE CASCADE,
	skill      TEXT NOT NULL,
	PRIMARY KEY (posting_id, skill)
) STRICT, WITHOUT ROWID;

-- What happened to a posting: new changed closed reopened expired.
CREATE TABLE posting_event (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	posting_id INTEGER NOT NULL REFERENCES posting (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         INTEGER NOT NULL,
	what       TEXT                       -- changed: JSON array of the fields' names
) STRICT;
CREATE INDEX posting_event_posting ON posting_event (posting_id, at);
CREATE INDEX posting_event_at ON posting_event (at);

-- Somebody who asked for job mail.
CREATE TABLE subscriber (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	email           TEXT NOT NULL,        -- as given, for sending
	email_key       TEXT NOT NULL UNIQUE, -- as compared: folded
	name            TEXT,
	timezone        TEXT NOT NULL,        -- IANA name
	frequency       TEXT NOT NULL,        -- instant daily weekdays weekly off: where a search says nothing
	hour            INTEGER NOT NULL,     -- 0 to 23, in the time zone
	weekday         INTEGER NOT NULL,     -- 1 Monday to 7 Sunday, for weekly
	status          TEXT NOT NULL,        -- pending active paused unsubscribed bounced
	bounces_soft    INTEGER NOT NULL DEFAULT 0,
	bounces_hard    INTEGER NOT NULL DEFAULT 0,
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriber_pending ON subscriber (created_at) WHERE status = 'pending';

-- What somebody agreed to, when and by which way (O02).
CREATE TABLE consent (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
	text          TEXT NOT NULL,
	way           TEXT NOT NULL,          -- import, command line, link
	at            INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_subscriber ON consent (subscriber_id);

-- A saved search.
CREATE TABLE search (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	subscriber_id   INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
	name            TEXT NOT NULL,
	query           TEXT NOT NULL,        -- the query language; '' takes everything the filters let pass
	titles          TEXT NOT NULL DEFAULT '[]',  -- any of these in the title
	skills          TEXT NOT NULL DEFAULT '[]',  -- any of these; more score higher
	locations       TEXT NOT NULL DEFAULT '[]',  -- any of these
	remote          TEXT NOT NULL DEFAULT '[]',  -- any of onsite hybrid remote
	levels          TEXT NOT NULL DEFAULT '[]',
	types           TEXT NOT NULL DEFAULT '[]',
	companies_in    TEXT NOT NULL DEFAULT '[]',
	companies_out   TEXT NOT NULL DEFAULT '[]',
	languages       TEXT NOT NULL DEFAULT '[]',
	salary_min      INTEGER,
	salary_currency TEXT,
	salary_period   TEXT,
	max_age_ms      INTEGER,
	min_score       INTEGER,
	frequency       TEXT,                 -- null: the subscriber's
	next_at         INTEGER NOT NULL,     -- due from then on; stored, never computed from "now is 08:00" (C05)
	match_due       INTEGER NOT NULL DEFAULT 1, -- 1: new or edited, not yet run against the open postings
	revision        INTEGER NOT NULL DEFAULT 1,
	paused_at       INTEGER,
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL,
	UNIQUE (subscriber_id, name)
) STRICT;
CREATE INDEX search_due ON search (next_at) WHERE paused_at IS NULL;
CREATE INDEX search_match_due ON search (id) WHERE match_due = 1;

-- Keyed hashes of addresses that must never be mailed again; kept after erasure (U09).
CREATE TABLE suppression (
	hash   BLOB PRIMARY KEY,
	reason TEXT NOT NULL,                 -- unsubscribed bounced complained
	at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One digest.
CREATE TABLE message (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	subscriber_id INTEGER REFERENCES subscriber (id) ON DELETE SET NULL,
	message_id    TEXT NOT NULL UNIQUE,   -- the header, without brackets; the same on a resend (M02)
	state         TEXT NOT NULL,          -- composed sending sent failed held
	subject       TEXT NOT NULL,
	body          BLOB,                   -- the whole RFC 5322 message; null once pruned
	n_postings    INTEGER NOT NULL,
	period_from   INTEGER,                -- earliest and latest match in it
	period_to     INTEGER,
	composed_at   INTEGER NOT NULL,
	next_try_at   INTEGER NOT NULL,
	attempts      INTEGER NOT NULL DEFAULT 0,
	worker        TEXT,
	lease_until   INTEGER NOT NULL DEFAULT 0,
	lease_no      INTEGER NOT NULL DEFAULT 0,
	sent_at       INTEGER,
	reply         TEXT,                   -- the server's last word, or our reason
	transport     TEXT
) STRICT;
CREATE INDEX message_ready ON message (next_try_at) WHERE state = 'composed';
CREATE INDEX message_sending ON message (lease_until) WHERE state = 'sending';
CREATE INDEX message_held ON message (id) WHERE state = 'held';
CREATE INDEX message_subscriber ON message (subscriber_id, composed_at);
CREATE INDEX message_composed_at ON message (composed_at);

-- A posting that a saved search found.
CREATE TABLE match (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	search_id  INTEGER NOT NULL REFERENCES search (id) ON DELETE CASCADE,
	posting_id INTEGER NOT NULL REFERENCES posting (id) ON DELETE CASCADE,
	score      INTEGER NOT NULL,          -- 0 to 100
	reasons    TEXT NOT NULL,             -- JSON array of {"points","what"}
	matched_at INTEGER NOT NULL,
	message_id INTEGER REFERENCES message (id) ON DELETE SET NULL, -- the digest that delivers it
	UNIQUE (search_id, posting_id)
) STRICT;
CREATE INDEX match_waiting ON match (search_id) WHERE message_id IS NULL;
CREATE INDEX match_posting ON match (posting_id);
CREATE INDEX match_message ON match (message_id) WHERE message_id IS NOT NULL;

-- A near-duplicate group goes to a subscriber once; survives the deletion of the search.
CREATE TABLE sent (
	subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
	group_id      INTEGER NOT NULL,
	posting_id    INTEGER NOT NULL,
	message_id    INTEGER REFERENCES message (id) ON DELETE SET NULL,
	at            INTEGER NOT NULL,
	PRIMARY KEY (subscriber_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_message ON sent (message_id);

-- A row a program run; one without an end was killed, or still runs.
CREATE TABLE run (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	program     TEXT NOT NULL,
	worker      TEXT NOT NULL,
	started_at  INTEGER NOT NULL,
	finished_at INTEGER,
	exit_code   INTEGER,
	n_done      INTEGER NOT NULL DEFAULT 0,
	n_failed    INTEGER NOT NULL DEFAULT 0,
	note        TEXT
) STRICT;
CREATE INDEX run_program ON run (program, started_at);
CREATE INDEX run_started ON run (started_at);

-- Timings of named statements: a histogram whose bucket k counts calls under 2^k microseconds.
CREATE TABLE query_stat (
	name     TEXT PRIMARY KEY,
	n        INTEGER NOT NULL,
	total_us INTEGER NOT NULL,
	max_us   INTEGER NOT NULL,
	buckets  TEXT NOT NULL                -- JSON array of 24 counts
) STRICT, WITHOUT ROWID;
