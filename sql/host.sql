-- Hosts as all runs share them: who may ask which one when.
--
-- A run that wants to ask a host first touches its row, which holds others back until the end of the
-- transaction; whatever it reads then stands.  Hosts are touched in the order of their names, so two
-- runs never wait for each other.

-- Touches a host, which is made if it is not there, and tells how it stands.
-- name: host_touch
-- args: key:text interval_ms:int at_once:int per_hour:int per_day:int now:int
-- cols: next_at:int rest_until:int wanted_by:text? wanted_until:int
INSERT INTO host (key, interval_ms, at_once, per_hour, per_day, seen_at)
VALUES (:key, :interval_ms, :at_once, :per_hour, :per_day, :now)
ON CONFLICT (key) DO UPDATE SET interval_ms = excluded.interval_ms, at_once = excluded.at_once,
	per_hour = excluded.per_hour, per_day = excluded.per_day, seen_at = excluded.seen_at
RETURNING next_at, rest_until, wanted_by, wanted_until;

-- Counts the connections that other workers hold, for one that touched the host.
-- name: slot_others
-- args: host:text worker:text now:int
-- cols: n:int
SELECT CAST(coalesce(sum(n), 0) AS INTEGER) AS n FROM slot
WHERE host = :host AND worker <> :worker AND lease_until > :now;
-- name: slot_others @postgres
SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS n FROM slot
WHERE host = :host AND worker <> :worker AND lease_until > :now;

-- Holds connections for a worker that touched the host; a lease that is over is simply forgotten.
-- name: slot_put
-- args: host:text worker:text n:int lease_until:int
INSERT INTO slot (host, worker, n, lease_until) VALUES (:host, :worker, :n, :lease_until)
ON CONFLICT (host, worker) DO UPDATE SET n = excluded.n, lease_until = excluded.lease_until;

-- Lets a worker's connections go, and leases that are over with them.
-- name: slot_drop
-- args: host:text worker:text now:int
DELETE FROM slot WHERE host = :host AND (worker = :worker OR lease_until <= :now);

-- The requests of the last day, by five minutes, for a worker that touched the host.
-- name: host_uses
-- args: host:text since:int
-- cols: at:int n:int
SELECT at, n FROM host_use WHERE host = :host AND at > :since ORDER BY at;

-- Counts starts that are granted, or with a negative n given back.
-- name: host_use_add
-- args: host:text at:int n:int
INSERT INTO host_use (host, at, n) VALUES (:host, :at, :n)
ON CONFLICT (host, at) DO UPDATE SET n = host_use.n + excluded.n;

-- Forgets uses that no limit looks at any more.
-- name: host_use_prune
-- args: host:text before:int
DELETE FROM host_use WHERE host = :host AND at <= :before;

-- Ends what a worker that touched the host decided.
-- name: host_settle
-- args: key:text next_at:int full_until:int wanted_by:text? wanted_until:int
UPDATE host SET next_at = :next_at, full_until = :full_until, wanted_by = :wanted_by,
	wanted_until = :wanted_until
WHERE key = :key;

-- The host asked for a rest; whatever was asked before, the longer one holds.
-- name: host_rest
-- args: key:text until:int
UPDATE host SET rest_until = CASE WHEN rest_until < :until THEN :until ELSE rest_until END
WHERE key = :key;

-- What the boards of each host need a day, where each is visited once in its longest interval, and
-- the limits that the host was asked under last.
-- name: host_crowds
-- args: longest:int
-- cols: key:text n_boards:int need:real interval_ms:int per_hour:int per_day:int
-- scan: every board is asked for
SELECT host.key AS key, count(*) AS n_boards,
	sum(board.requests_avg * 86400000.0 / coalesce(board.interval_ms, :longest)) AS need,
	host.interval_ms AS interval_ms, host.per_hour AS per_hour, host.per_day AS per_day
FROM board JOIN host ON host.key = board.host
WHERE board.disabled_at IS NULL
GROUP BY host.key, host.interval_ms, host.per_hour, host.per_day
ORDER BY host.key;

-- How every host stands, for a plan.
-- name: plan_hosts
-- cols: key:text next_at:int rest_until:int full_until:int
-- scan: every host is asked for
SELECT key, next_at, rest_until, full_until FROM host ORDER BY key;

-- What was asked of every host in the last day, for a plan.
-- name: plan_uses
-- args: since:int
-- cols: host:text at:int n:int
-- scan: every host is asked for
SELECT host, at, n FROM host_use WHERE at > :since ORDER BY host, at;

-- Every robots.txt, for a plan.
-- name: plan_robots
-- cols: origin:text rules:text? fetched_at:int down_since:int?
-- scan: every origin is asked for
SELECT origin, rules, fetched_at, down_since FROM robots ORDER BY origin;

-- The schedule of every board that is visited, for a plan.
-- name: plan_boards
-- cols: id:int kind:text token:text region:text? interval_ms:int? next_at:int last_visit_at:int? last_success_at:int? failures:int gone:int pace_ms:int? yield_avg:real success_avg:real requests_avg:real weight:int head_start_ms:int last_ms:int?
-- scan: every board is asked for
SELECT id, kind, token, region, interval_ms, next_at, last_visit_at, last_success_at, failures, gone,
	pace_ms, yield_avg, success_avg, requests_avg, weight, head_start_ms,
	(SELECT ms FROM visit WHERE board_id = board.id ORDER BY at DESC, id DESC LIMIT 1) AS last_ms
FROM board WHERE disabled_at IS NULL ORDER BY id;

-- What is known of an origin's robots.txt.
-- name: robots_load
-- args: origin:text
-- cols: rules:text? fetched_at:int down_since:int?
SELECT rules, fetched_at, down_since FROM robots WHERE origin = :origin;

-- Keeps what an origin said; of two runs that asked, the last one stands.
-- name: robots_save
-- args: origin:text rules:text? fetched_at:int down_since:int?
INSERT INTO robots (origin, rules, fetched_at, down_since)
VALUES (:origin, :rules, :fetched_at, :down_since)
ON CONFLICT (origin) DO UPDATE SET rules = excluded.rules, fetched_at = excluded.fetched_at,
	down_since = excluded.down_since;
