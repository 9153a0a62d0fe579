-- Statements of the queue.  Whoever writes for a lease names worker and lease_no and comes before
-- the lease's end (`due` while running); the write touches one row or was refused.

-- ---- adding

-- Adds a task; none when its key is taken by one that is delayed, waiting or running.
-- name: task_insert
-- args: type:text state:text due:int turn:int? priority:int max_attempts:int? run_at:int now:int key:text? subscriber:text? payload:text
-- gives: id
INSERT INTO task (type, state, due, turn, priority, max_attempts, run_at, created_at, key,
	subscriber, payload)
VALUES (:type, :state, :due, :turn, :priority, :max_attempts, :run_at, :now, :key,
	:subscriber, :payload)
ON CONFLICT (type, key) WHERE key IS NOT NULL AND state IN ('delayed', 'waiting', 'running')
DO NOTHING;

-- The task that has a key.
-- name: task_by_key
-- args: type:text key:text
-- cols: id:int
SELECT id FROM task
WHERE type = :type AND key = :key AND key IS NOT NULL
	AND state IN ('delayed', 'waiting', 'running');

-- Makes a task that nobody runs another one; what it was is forgotten.
-- name: task_replace
-- args: id:int state:text due:int turn:int? priority:int max_attempts:int? run_at:int now:int subscriber:text? payload:text
UPDATE task
SET state = :state, due = :due, turn = :turn, priority = :priority, max_attempts = :max_attempts,
	run_at = :run_at, created_at = :now, subscriber = :subscriber, payload = :payload,
	attempts = 0, error = NULL, output = NULL, result = NULL
WHERE id = :id AND state IN ('delayed', 'waiting');

-- Whose turn is next among the subscribers of a type.
-- name: task_first_turn
-- args: type:text
-- cols: turn:int?
SELECT min(turn) AS turn FROM task
WHERE type = :type AND state = 'waiting' AND subscriber IS NOT NULL;

-- The last turn that a subscriber has in a type.
-- name: task_last_turn
-- args: type:text subscriber:text
-- cols: turn:int?
SELECT max(turn) AS turn FROM task
WHERE type = :type AND subscriber = :subscriber AND state = 'waiting' AND subscriber IS NOT NULL;

-- ---- looking after a type

-- What is to be looked after: the first delayed task's time, the first end of a lease, whether the
-- type is paused.
-- name: task_look
-- args: type:text
-- cols: delayed_at:int? lease_first:int? paused_at:int?
SELECT (SELECT min(due) FROM task WHERE state = 'delayed' AND type = :type) AS delayed_at,
	(SELECT min(due) FROM task WHERE state = 'running' AND type = :type) AS lease_first,
	(SELECT paused_at FROM task_type WHERE type = :type) AS paused_at;

-- Delayed tasks of subscribers whose time has come and that have no turn yet; task_place touches
-- none that another claim has placed meanwhile.
-- name: task_due_turns
-- args: type:text now:int limit:int
-- cols: id:int subscriber:text priority:int
SELECT id, subscriber, priority FROM task
WHERE state = 'delayed' AND type = :type AND due <= :now AND turn IS NULL
	AND subscriber IS NOT NULL
ORDER BY due, id LIMIT :limit;

-- Places one of them.
-- name: task_place
-- args: id:int due:int turn:int
UPDATE task SET state = 'waiting', due = :due, turn = :turn WHERE id = :id AND state = 'delayed';

-- Places a portion of the others: at their time, or where they were before a limit held them back.
-- name: task_place_due
-- args: type:text now:int step:int limit:int
UPDATE task
SET state = 'waiting', turn = coalesce(turn, run_at),
	due = coalesce(turn, run_at) - priority * :step
WHERE id IN (SELECT id FROM task
	WHERE state = 'delayed' AND type = :type AND due <= :now
		AND (turn IS NOT NULL OR subscriber IS NULL)
	ORDER BY due, id LIMIT :limit);
-- name: task_place_due @postgres
WITH come AS MATERIALIZED (
	SELECT id FROM task
	WHERE state = 'delayed' AND type = :type AND due <= :now
		AND (turn IS NOT NULL OR subscriber IS NULL)
	ORDER BY due, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE task
SET state = 'waiting', turn = coalesce(turn, run_at),
	due = coalesce(turn, run_at) - priority * :step
FROM come WHERE task.id = come.id;

-- Takes tasks back whose lease is over: to their old place, or dead without an attempt left.  The
-- holder's writes touch none from now on, as the state tells.
-- name: task_sweep
-- args: type:text now:int step:int max_attempts:int limit:int
UPDATE task
SET state = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN 'dead'
		ELSE 'waiting' END,
	due = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN :now
		ELSE coalesce(turn, run_at) - priority * :step END,
	error = 'lost its worker ' || worker
WHERE id IN (SELECT id FROM task WHERE state = 'running' AND type = :type AND due <= :now
	ORDER BY due, id LIMIT :limit);
-- name: task_sweep @postgres
WITH lost AS MATERIALIZED (
	SELECT id FROM task WHERE state = 'running' AND type = :type AND due <= :now
	ORDER BY due, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE task
SET state = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN 'dead'
		ELSE 'waiting' END,
	due = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN :now
		ELSE coalesce(turn, run_at) - priority * :step END,
	error = 'lost its worker ' || worker
FROM lost WHERE task.id = lost.id;

-- Shortens leases that end later than any can: the clock was put back.  Their holders have time to
-- renew them.
-- name: task_clamp
-- args: type:text latest:int
UPDATE task SET due = :latest WHERE state = 'running' AND type = :type AND due > :latest;

-- ---- claiming

-- The next tasks of a type that is not paused, the first one first, with the first delayed task's time
-- and the first end of a lease.  Until the transaction ends nobody else claims them: they are locked,
-- and who claims passes them over.
-- name: task_next
-- args: type:text limit:int
-- cols: id:int lease_no:int priority:int attempts:int max_attempts:int? run_at:int created_at:int key:text? subscriber:text? payload:text delayed_at:int? lease_first:int?
SELECT id, lease_no, priority, attempts, max_attempts, run_at, created_at, key, subscriber, payload,
	(SELECT min(due) FROM task WHERE state = 'delayed' AND type = :type) AS delayed_at,
	(SELECT min(due) FROM task WHERE state = 'running' AND type = :type) AS lease_first
FROM task
WHERE state = 'waiting' AND type = :type
	AND NOT EXISTS (SELECT 1 FROM task_type WHERE type = :type AND paused_at IS NOT NULL)
ORDER BY due, id LIMIT :limit;
-- name: task_next @postgres
SELECT id, lease_no, priority, attempts, max_attempts, run_at, created_at, key, subscriber, payload,
	(SELECT min(due) FROM task WHERE state = 'delayed' AND type = :type) AS delayed_at,
	(SELECT min(due) FROM task WHERE state = 'running' AND type = :type) AS lease_first
FROM task
WHERE state = 'waiting' AND type = :type
	AND NOT EXISTS (SELECT 1 FROM task_type WHERE type = :type AND paused_at IS NOT NULL)
ORDER BY due, id LIMIT :limit FOR NO KEY UPDATE OF task SKIP LOCKED;

-- Gives those of them that were chosen to one worker until lease_until.
-- name: task_take
-- args: ids:list worker:text lease_until:int now:int
UPDATE task
SET state = 'running', due = :lease_until, worker = :worker, lease_no = lease_no + 1,
	attempts = attempts + 1, started_at = :now
WHERE id IN (SELECT value FROM json_each(:ids));

-- The same for one, without the tables that SQLite makes of a list.
-- name: task_take_one
-- args: id:int worker:text lease_until:int now:int
UPDATE task
SET state = 'running', due = :lease_until, worker = :worker, lease_no = lease_no + 1,
	attempts = attempts + 1, started_at = :now
WHERE id = :id;

-- Holds one of them back until there is room in its part's window; it keeps its turn.
-- name: task_hold
-- args: id:int until:int
UPDATE task SET state = 'delayed', due = :until WHERE id = :id AND state = 'waiting';

-- How many tasks of a type run, on all machines.
-- name: task_running
-- args: type:text
-- cols: n:int
SELECT count(*) AS n FROM task WHERE state = 'running' AND type = :type;

-- ---- limits

-- Takes the type's row for this transaction: those who count within limits wait for each other.
-- name: task_type_lock
-- args: type:text
INSERT INTO task_type (type, n_claims) VALUES (:type, 1)
ON CONFLICT (type) DO UPDATE SET n_claims = task_type.n_claims + 1;

-- The last start of a part: when, and its number.
-- name: rate_last
-- args: type:text part:text
-- cols: at:int n_after:int
SELECT at, n_after FROM rate WHERE type = :type AND part = :part
ORDER BY at DESC, n_before DESC LIMIT 1;

-- The first start of a part later than that, and how many came before it.
-- name: rate_first
-- args: type:text part:text after:int
-- cols: at:int n_before:int
SELECT at, n_before FROM rate WHERE type = :type AND part = :part AND at > :after
ORDER BY at, n_before LIMIT 1;

-- Notes starts.
-- name: rate_insert
-- args: type:text part:text at:int n_before:int n_after:int keep_until:int
INSERT INTO rate (type, part, at, n_before, n_after, keep_until)
VALUES (:type, :part, :at, :n_before, :n_after, :keep_until);

-- Forgets starts of a part that no window reaches back to.
-- name: rate_prune
-- args: type:text part:text until:int
DELETE FROM rate WHERE type = :type AND part = :part AND at <= :until;

-- Counts starts later than now as starts of now: the clock was put back.
-- name: rate_shift
-- args: type:text part:text now:int
UPDATE rate SET at = :now WHERE type = :type AND part = :part AND at > :now;

-- ---- finishing

-- Ends a task well, by the holder of the lease.
-- name: task_done
-- args: id:int worker:text lease_no:int now:int result:text?
UPDATE task SET state = 'done', due = :now, result = :result
WHERE id = :id AND state = 'running' AND worker = :worker AND lease_no = :lease_no AND due > :now;

-- The same for tasks that have one lease number and no result; those whose lease is over are left
-- out.  `NOT (state <> ...)` has SQLite go by the ids and not through all that run.
-- name: task_done_all
-- args: ids:list worker:text lease_no:int now:int
UPDATE task SET state = 'done', due = :now, result = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND NOT (state <> 'running')
	AND worker = :worker AND lease_no = :lease_no AND due > :now;

-- Whether the holder of the lease has just ended a task well.
-- name: task_was_done
-- args: id:int worker:text lease_no:int now:int
-- cols: id:int
SELECT id FROM task
WHERE id = :id AND state = 'done' AND worker = :worker AND lease_no = :lease_no AND due = :now;

-- Has a task tried again later, or gives it up after its last attempt, by the holder of the lease.
-- name: task_retry_at
-- args: id:int worker:text lease_no:int now:int run_at:int max_attempts:int error:text? output:blob?
-- cols: state:text
UPDATE task
SET state = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN 'dead'
		ELSE 'delayed' END,
	due = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN :now
		ELSE :run_at END,
	run_at = CASE WHEN attempts >= coalesce(max_attempts, :max_attempts) THEN run_at
		ELSE :run_at END,
	turn = NULL, error = :error, output = :output
WHERE id = :id AND state = 'running' AND worker = :worker AND lease_no = :lease_no AND due > :now
RETURNING state;

-- Gives a task up, by the holder of the lease.
-- name: task_die
-- args: id:int worker:text lease_no:int now:int error:text? output:blob?
UPDATE task SET state = 'dead', due = :now, error = :error, output = :output
WHERE id = :id AND state = 'running' AND worker = :worker AND lease_no = :lease_no AND due > :now;

-- Gives a task back unbegun, by the holder of the lease.
-- name: task_back
-- args: id:int worker:text lease_no:int now:int step:int
UPDATE task
SET state = 'waiting', due = coalesce(turn, run_at) - priority * :step, attempts = attempts - 1
WHERE id = :id AND state = 'running' AND worker = :worker AND lease_no = :lease_no AND due > :now;

-- Holds a task for longer, by the holder of the lease.
-- name: task_renew
-- args: id:int worker:text lease_no:int now:int lease_until:int
UPDATE task SET due = :lease_until
WHERE id = :id AND state = 'running' AND worker = :worker AND lease_no = :lease_no AND due > :now;

-- ---- types

-- The task of a type that is next: its time.
-- name: task_next_run_at
-- args: type:text
-- cols: run_at:int
SELECT run_at FROM task WHERE state = 'waiting' AND type = :type ORDER BY due, id LIMIT 1;

-- How many tasks of a type wait, are due or run, the former up to a limit of each; since when the
-- first delayed one is due, and whether the type is paused.
-- name: task_backlog
-- args: type:text now:int limit:int
-- cols: waiting:int due:int running:int delayed_at:int? paused_at:int?
SELECT (SELECT count(*) FROM (SELECT id FROM task WHERE state = 'waiting' AND type = :type
		LIMIT :limit) w) AS waiting,
	(SELECT count(*) FROM (SELECT id FROM task WHERE state = 'delayed' AND type = :type
		AND due <= :now LIMIT :limit) d) AS due,
	(SELECT count(*) FROM task WHERE state = 'running' AND type = :type) AS running,
	(SELECT min(due) FROM task WHERE state = 'delayed' AND type = :type) AS delayed_at,
	(SELECT paused_at FROM task_type WHERE type = :type) AS paused_at;

-- Since when a type is paused; no row when it is not.
-- name: task_type_paused_at
-- args: type:text
-- cols: paused_at:int
SELECT paused_at FROM task_type WHERE type = :type AND paused_at IS NOT NULL;

-- Pauses a type.
-- name: task_type_pause
-- args: type:text now:int
INSERT INTO task_type (type, paused_at) VALUES (:type, :now)
ON CONFLICT (type) DO UPDATE SET paused_at = :now WHERE task_type.paused_at IS NULL;

-- Resumes a type.
-- name: task_type_resume
-- args: type:text
UPDATE task_type SET paused_at = NULL WHERE type = :type AND paused_at IS NOT NULL;

-- ---- asking

-- Tasks, the newest first: a page behind an id.  Those that ended are taken by when they did, the
-- others by when they were added.
-- name: task_list
-- args: after:int since:int until:int limit:int offset:int type:text? state:text? key:text? subscriber:text? worker:text?
-- cols: id:int type:text state:text due:int run_at:int attempts:int priority:int key:text? subscriber:text? worker:text? created_at:int error:text?
SELECT id, type, state, due, run_at, attempts, priority, key, subscriber, worker, created_at, error
FROM task
WHERE id < :after
	AND CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END >= :since
	AND CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END < :until
	/*? AND type = :type ?*/
	/*? AND state = :state ?*/
	/*? AND key = :key ?*/
	/*? AND subscriber = :subscriber ?*/
	/*? AND worker = :worker ?*/
ORDER BY id DESC LIMIT :limit OFFSET :offset;

-- How many tasks a list would have.
-- name: task_count
-- args: since:int until:int type:text? state:text? key:text? subscriber:text? worker:text?
-- cols: n:int
-- scan: a person is about to change them all
SELECT count(*) AS n FROM task
WHERE CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END >= :since
	AND CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END < :until
	/*? AND type = :type ?*/
	/*? AND state = :state ?*/
	/*? AND key = :key ?*/
	/*? AND subscriber = :subscriber ?*/
	/*? AND worker = :worker ?*/;

-- The same tasks, for changing them: a portion behind an id.
-- name: task_pick
-- args: after:int since:int until:int limit:int type:text? state:text? key:text? subscriber:text? worker:text?
-- cols: id:int state:text
SELECT id, state FROM task
WHERE id < :after
	AND CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END >= :since
	AND CASE WHEN state IN ('done', 'dead', 'buried') THEN due ELSE created_at END < :until
	/*? AND type = :type ?*/
	/*? AND state = :state ?*/
	/*? AND key = :key ?*/
	/*? AND subscriber = :subscriber ?*/
	/*? AND worker = :worker ?*/
ORDER BY id DESC LIMIT :limit;

-- All of one task.
-- name: task_show
-- args: id:int
-- cols: type:text state:text due:int priority:int attempts:int max_attempts:int? lease_no:int worker:text? run_at:int created_at:int started_at:int? key:text? subscriber:text? error:text? output:blob? result:text? payload:text
SELECT type, state, due, priority, attempts, max_attempts, lease_no, worker, run_at, created_at,
	started_at, key, subscriber, error, output, result, payload
FROM task WHERE id = :id;

-- Counts tasks by type and state.
-- name: task_stats
-- cols: type:text state:text n:int
-- scan: one index is read when a person asks
SELECT type, state, count(*) AS n FROM task GROUP BY type, state ORDER BY type, state;

-- Types that are paused.
-- name: task_paused
-- cols: type:text
-- scan: a row a type
SELECT type FROM task_type WHERE paused_at IS NOT NULL ORDER BY type;

-- ---- changing by hand

-- What decides whether a task may be changed, and where it goes.
-- name: task_standing
-- args: id:int
-- cols: type:text state:text turn:int? priority:int max_attempts:int? run_at:int key:text? subscriber:text?
SELECT type, state, turn, priority, max_attempts, run_at, key, subscriber FROM task WHERE id = :id;

-- Has a task wait that does not run, unless it changed meanwhile or its key is another's by now.
-- name: task_wake
-- args: id:int state:text due:int turn:int run_at:int afresh:int
UPDATE task
SET state = 'waiting', due = :due, turn = :turn, run_at = :run_at,
	attempts = CASE WHEN :afresh = 1 THEN 0 ELSE attempts END
WHERE id = :id AND state = :state
	AND NOT EXISTS (SELECT 1 FROM task o
		WHERE o.type = task.type AND o.key = task.key AND o.key IS NOT NULL
			AND o.state IN ('delayed', 'waiting', 'running') AND o.id <> task.id);

-- Sets a task aside that has not begun.
-- name: task_bury
-- args: id:int now:int
UPDATE task SET state = 'buried', due = :now, turn = NULL
WHERE id = :id AND state IN ('delayed', 'waiting');

-- Removes a task that does not run.
-- name: task_drop
-- args: id:int
DELETE FROM task WHERE id = :id AND state <> 'running';

-- Changes a task that has not ended and does not run, unless it changed meanwhile.
-- name: task_edit
-- args: id:int was:text state:text due:int turn:int? priority:int max_attempts:int? run_at:int payload:text?
UPDATE task
SET state = :state, due = :due, turn = :turn, priority = :priority, max_attempts = :max_attempts,
	run_at = :run_at, payload = coalesce(:payload, payload)
WHERE id = :id AND state = :was;

-- ---- workers

-- Notes that a worker lives, and what it does.
-- name: worker_seen
-- args: name:text types:text now:int handlers:int tasks:int n_done:int n_retried:int n_dead:int
INSERT INTO worker (name, types, started_at, seen_at, handlers, tasks, n_done, n_retried, n_dead)
VALUES (:name, :types, :now, :now, :handlers, :tasks, :n_done, :n_retried, :n_dead)
ON CONFLICT (name) DO UPDATE SET types = :types, seen_at = :now, handlers = :handlers,
	tasks = :tasks, n_done = :n_done, n_retried = :n_retried, n_dead = :n_dead;

-- Forgets a worker that ended, and those not seen since a time.
-- name: worker_forget
-- args: name:text until:int
DELETE FROM worker WHERE name = :name OR seen_at < :until;
