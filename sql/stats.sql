-- What jp-stats tells.  All of it reads; a report is taken from one snapshot.

-- Counts boards: all, disabled, failing, due.
-- name: stats_boards
-- args: now:int
-- cols: total:int disabled:int failing:int due:int
-- scan: a row a board, some thousands, when a person asks
SELECT count(*) AS total, count(disabled_at) AS disabled,
	count(*) FILTER (WHERE disabled_at IS NULL AND (failures > 0 OR gone > 0)) AS failing,
	count(*) FILTER (WHERE disabled_at IS NULL AND next_at <= :now) AS due
FROM board;

-- Boards that fail or were disabled, the worst first, with the reason that their last visit gave.
-- name: stats_failing
-- args: all:int limit:int
-- cols: id:int kind:text token:text status:text? failures:int last_success_at:int? last_visit_at:int? next_at:int disabled_at:int? reason:text?
-- scan: a row a board, some thousands, when a person asks
SELECT b.id AS id, b.kind AS kind, b.token AS token, b.last_status AS status,
	max(b.failures, b.gone) AS failures, b.last_success_at AS last_success_at,
	b.last_visit_at AS last_visit_at, b.next_at AS next_at, b.disabled_at AS disabled_at,
	coalesce(b.disabled_reason, (SELECT v.reason FROM visit v WHERE v.board_id = b.id
		ORDER BY v.at DESC, v.id DESC LIMIT 1)) AS reason
FROM board b
WHERE :all = 1 OR b.failures > 0 OR b.gone > 0 OR b.disabled_at IS NOT NULL
	OR b.last_status IN ('partial', 'suspect')
ORDER BY b.disabled_at IS NOT NULL, max(b.failures, b.gone) DESC, b.id LIMIT :limit;

-- name: stats_failing @postgres
SELECT b.id AS id, b.kind AS kind, b.token AS token, b.last_status AS status,
	greatest(b.failures, b.gone) AS failures, b.last_success_at AS last_success_at,
	b.last_visit_at AS last_visit_at, b.next_at AS next_at, b.disabled_at AS disabled_at,
	coalesce(b.disabled_reason, (SELECT v.reason FROM visit v WHERE v.board_id = b.id
		ORDER BY v.at DESC, v.id DESC LIMIT 1)) AS reason
FROM board b
WHERE :all = 1 OR b.failures > 0 OR b.gone > 0 OR b.disabled_at IS NOT NULL
	OR b.last_status IN ('partial', 'suspect')
ORDER BY b.disabled_at IS NOT NULL, greatest(b.failures, b.gone) DESC, b.id LIMIT :limit;

-- Counts open postings, and those not yet run against the searches.
-- name: stats_postings
-- cols: open:int unmatched:int
SELECT (SELECT count(*) FROM posting WHERE closed_at IS NULL) AS open,
	(SELECT count(*) FROM posting WHERE match_due = 1) AS unmatched;

-- Counts what happened to postings since then, by kind.
-- name: stats_events
-- args: since:int
-- cols: kind:text n:int
SELECT kind, count(*) AS n FROM posting_event WHERE at >= :since GROUP BY kind;

-- Counts subscribers by status.
-- name: stats_subscribers
-- cols: status:text n:int
-- scan: a row a subscriber, when a person asks
SELECT status, count(*) AS n FROM subscriber GROUP BY status;

-- Counts saved searches: active, paused, not yet run against the open postings.
-- name: stats_searches
-- cols: active:int paused:int unmatched:int
-- scan: a row a search, when a person asks
SELECT count(*) - count(paused_at) AS active, count(paused_at) AS paused,
	count(*) FILTER (WHERE match_due = 1 AND paused_at IS NULL) AS unmatched
FROM search;

-- Counts matches that no digest has taken.
-- name: stats_matches
-- cols: waiting:int
SELECT count(*) AS waiting FROM match WHERE message_id IS NULL;

-- Counts messages that are not done.
-- name: stats_messages
-- cols: composed:int sending:int held:int
SELECT (SELECT count(*) FROM message WHERE state = 'composed') AS composed,
	(SELECT count(*) FROM message WHERE state = 'sending') AS sending,
	(SELECT count(*) FROM message WHERE state = 'held') AS held;

-- Counts messages in doubt and failed since then, and says how long the oldest has been ready.
-- name: stats_mail_trouble
-- args: since:int now:int
-- cols: held:int failed:int ready_since:int?
SELECT (SELECT count(*) FROM message WHERE state = 'held') AS held,
	(SELECT count(*) FROM message WHERE state = 'failed' AND composed_at >= :since) AS failed,
	(SELECT min(next_try_at) FROM message
		WHERE state = 'composed' AND next_try_at <= :now) AS ready_since;

-- Counts messages composed since then, by state.
-- name: stats_messages_since
-- args: since:int
-- cols: state:text n:int
SELECT state, count(*) AS n FROM message WHERE composed_at >= :since GROUP BY state;

-- The board that is due next.
-- name: stats_next_board
-- cols: kind:text token:text next_at:int
SELECT kind, token, next_at FROM board
WHERE disabled_at IS NULL
ORDER BY next_at, id LIMIT 1;

-- When the next digest is due.
-- name: stats_next_digest
-- cols: next_at:int
SELECT s.next_at AS next_at
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.paused_at IS NULL AND u.status = 'active'
ORDER BY s.next_at, s.id LIMIT 1;

-- The last run of each of these programs.
-- name: stats_last_runs
-- args: programs:texts
-- cols: program:text started_at:int finished_at:int? exit_code:int? n_done:int n_failed:int
SELECT program, started_at, finished_at, exit_code, n_done, n_failed
FROM run
WHERE id IN (SELECT (SELECT l.id FROM run l WHERE l.program = p.value
		ORDER BY l.started_at DESC, l.id DESC LIMIT 1)
	FROM json_each(:programs) p)
ORDER BY program;

-- How the last run of each of these programs ended, and when the last that ended well began.
-- name: stats_last_success
-- args: programs:texts
-- cols: program:text started_at:int exit_code:int? success_at:int?
SELECT r.program AS program, r.started_at AS started_at, r.exit_code AS exit_code,
	(SELECT s.started_at FROM run s WHERE s.program = r.program AND s.exit_code = 0
		ORDER BY s.started_at DESC LIMIT 1) AS success_at
FROM run r
WHERE r.id IN (SELECT (SELECT l.id FROM run l WHERE l.program = p.value
		ORDER BY l.started_at DESC, l.id DESC LIMIT 1)
	FROM json_each(:programs) p)
ORDER BY r.program;

-- Whether there is anything to visit, and anybody to match for.
-- name: stats_has_work
-- cols: boards:int searches:int
SELECT EXISTS (SELECT 1 FROM board WHERE disabled_at IS NULL) AS boards,
	EXISTS (SELECT 1 FROM search WHERE paused_at IS NULL) AS searches;

-- The latest runs, of one program or of all.
-- name: stats_runs
-- args: since:int program:text? limit:int
-- cols: id:int program:text worker:text started_at:int finished_at:int? exit_code:int? n_done:int n_failed:int note:text?
SELECT id, program, worker, started_at, finished_at, exit_code, n_done, n_failed, note
FROM run
WHERE started_at >= :since /*? AND program = :program ?*/
ORDER BY started_at DESC, id DESC LIMIT :limit;

-- Counts runs begun in a span of time that have no end.
-- name: stats_unfinished
-- args: since:int before:int
-- cols: n:int first_at:int? program:text?
SELECT count(*) AS n, min(started_at) AS first_at, min(program) AS program
FROM run
WHERE started_at >= :since AND started_at < :before AND finished_at IS NULL;

-- Counts boards that were due before then and were not visited.
-- name: stats_overdue_boards
-- args: before:int
-- cols: n:int since:int?
SELECT count(*) AS n, min(next_at) AS since FROM board
WHERE disabled_at IS NULL AND next_at < :before;

-- Counts subscribers whose digest was due before then.
-- name: stats_overdue_digests
-- args: before:int
-- cols: n:int since:int?
SELECT count(DISTINCT s.subscriber_id) AS n, min(s.next_at) AS since
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.paused_at IS NULL AND s.next_at < :before AND u.status = 'active';

-- Counts boards whose failing persists, says since when, and names one.
-- name: stats_persistent
-- cols: n:int since:int? example:text?
SELECT count(*) AS n, min(b.failing_since) AS since, min(b.kind || ':' || b.token) AS example
FROM alert a JOIN board b ON b.id = a.board_id
WHERE b.failing_since IS NOT NULL AND b.disabled_at IS NULL;

-- The boards in trouble, those that are longest in it first, and when the operator was told.
-- name: stats_alerts
-- args: limit:int
-- cols: id:int kind:text token:text status:text? since:int failures:int opened_at:int told_at:int? disabled_at:int? reason:text?
SELECT b.id AS id, b.kind AS kind, b.token AS token, b.last_status AS status,
	b.failing_since AS since, b.failures AS failures, a.opened_at AS opened_at,
	a.told_at AS told_at, b.disabled_at AS disabled_at,
	coalesce(b.disabled_reason, (SELECT v.reason FROM visit v WHERE v.board_id = b.id
		ORDER BY v.at DESC, v.id DESC LIMIT 1)) AS reason
FROM alert a JOIN board b ON b.id = a.board_id
WHERE b.failing_since IS NOT NULL
ORDER BY b.failing_since, b.id LIMIT :limit;

-- Counts boards disabled since then, and names one.
-- name: stats_disabled
-- args: since:int
-- cols: n:int example:text?
-- scan: a row a board, some thousands, a few times a day
SELECT count(*) AS n, min(kind || ':' || token) AS example FROM board
WHERE disabled_at >= :since;

-- Counts tasks of the queue by state.
-- name: stats_tasks
-- cols: state:text n:int
-- scan: one index is read when a person asks
SELECT state, count(*) AS n FROM task GROUP BY state;

-- Counts tasks that ended since then, by how.
-- name: stats_tasks_since
-- args: since:int
-- cols: state:text n:int
SELECT state, count(*) AS n FROM task
WHERE state IN ('done', 'dead') AND due >= :since GROUP BY state;

-- Counts tasks that died since then, and names a type.
-- name: stats_dead_tasks
-- args: since:int
-- cols: n:int example:text?
SELECT count(*) AS n, min(type) AS example FROM task WHERE state = 'dead' AND due >= :since;

-- Counts tasks that could have been run before then and wait still, of types that are not paused,
-- and names a type.
-- name: stats_late_tasks
-- args: before:int
-- cols: n:int since:int? example:text?
SELECT count(*) AS n, min(t.run_at) AS since, min(t.type) AS example FROM task t
WHERE t.state IN ('waiting', 'delayed') AND t.run_at < :before
	AND NOT EXISTS (SELECT 1 FROM task_type p
		WHERE p.type = t.type AND p.paused_at IS NOT NULL);

-- How old a replica's data is, in milliseconds; no row where it is no replica.  One that has all it
-- was sent, and still listens, is not behind, however long ago the last change was.
-- name: stats_replica_age
-- cols: ms:int
SELECT 0 AS ms WHERE 1 = 0;
-- name: stats_replica_age @postgres
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
		AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0
	ELSE CAST(floor(extract(epoch FROM clock_timestamp()
		- coalesce(pg_last_xact_replay_timestamp(), clock_timestamp())) * 1000) AS bigint) END AS ms
WHERE pg_is_in_recovery();

-- Workers of the queue, those seen last first.
-- name: stats_workers
-- args: limit:int
-- cols: name:text types:text started_at:int seen_at:int handlers:int tasks:int n_done:int n_retried:int n_dead:int
-- scan: a row a worker
SELECT name, types, started_at, seen_at, handlers, tasks, n_done, n_retried, n_dead
FROM worker ORDER BY seen_at DESC, name LIMIT :limit;
