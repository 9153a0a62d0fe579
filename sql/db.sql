-- Statements of the db room itself: runs and timings.

-- Begins a run's row; one without an end was killed, or still runs.
-- name: run_begin
-- args: program:text worker:text now:int
-- gives: id
INSERT INTO run (program, worker, started_at)
VALUES (:program, :worker, :now);

-- Ends a run's row once; a second end changes nothing.
-- name: run_end
-- args: id:int now:int exit_code:int n_done:int n_failed:int note:text?
UPDATE run
SET finished_at = :now, exit_code = :exit_code, n_done = :n_done, n_failed = :n_failed,
	note = :note
WHERE id = :id AND finished_at IS NULL;

-- The timings of all statements that were ever called, to be added to; some hundreds of rows.
-- name: query_stat_all
-- cols: name:text n:int total_us:int max_us:int buckets:list
SELECT name, n, total_us, max_us, buckets FROM query_stat;

-- Replaces the timings of one statement; safe with others running because they were read under the
-- lock "query_stat" in the same transaction.
-- name: query_stat_put
-- args: name:text n:int total_us:int max_us:int buckets:list
INSERT INTO query_stat (name, n, total_us, max_us, buckets)
VALUES (:name, :n, :total_us, :max_us, :buckets)
ON CONFLICT (name) DO UPDATE
SET n = excluded.n, total_us = excluded.total_us, max_us = excluded.max_us,
	buckets = excluded.buckets;
