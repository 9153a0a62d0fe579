-- Boards, their schedule, and their visits.
--
-- A visit is claimed by lease: whoever writes for it names worker and lease_no and must touch one
-- row.  Removing a board, changing it or claiming it again makes an older holder's write touch none.

-- Finds a board by its name.
-- name: board_find
-- args: kind:text token:text
-- cols: id:int
SELECT id FROM board WHERE kind = :kind AND token = :token;

-- The same with what the operator can change.
-- name: board_by_token
-- args: kind:text token:text
-- cols: id:int company:text? interval_ms:int? weight:int disabled_at:int?
SELECT id, company, interval_ms, weight, disabled_at FROM board WHERE kind = :kind AND token = :token;

-- The names of all boards, for an import that adds those that are not there.
-- name: board_names
-- cols: kind:text token:text
-- scan: every board is asked for
SELECT kind, token FROM board;

-- Tells whether a board with this id is there.
-- name: board_exists
-- args: id:int
-- cols: id:int
SELECT id FROM board WHERE id = :id;

-- Adds a board, due at once; the caller has looked under the lock "board" that it is not there.
-- name: board_insert
-- args: kind:text token:text company:text? interval_ms:int? now:int disabled_at:int? disabled_reason:text? host:text? weight:int head_start_ms:int
-- gives: id
INSERT INTO board (kind, token, company, interval_ms, next_at, disabled_at, disabled_reason, created_at,
	host, weight, head_start_ms)
VALUES (:kind, :token, :company, :interval_ms, :now, :disabled_at, :disabled_reason, :now,
	:host, :weight, :head_start_ms);

-- Adds many boards as board_insert does, in the order of the list; the caller has looked under the
-- lock "board" that none is there.  An element is [kind, token, company, host, disabled_reason], the
-- last three may be null.
-- name: board_insert_many
-- args: boards:texts now:int weight:int head_start_ms:int
INSERT INTO board (kind, token, company, next_at, disabled_at, disabled_reason, created_at, host,
	weight, head_start_ms)
SELECT value ->> 0, value ->> 1, value ->> 2, :now,
	CASE WHEN value ->> 4 IS NOT NULL THEN :now END, value ->> 4, :now, value ->> 3,
	:weight, :head_start_ms
FROM json_each(:boards);
-- name: board_insert_many @postgres
INSERT INTO board (kind, token, company, next_at, disabled_at, disabled_reason, created_at, host,
	weight, head_start_ms)
SELECT b ->> 0, b ->> 1, b ->> 2, :now,
	CASE WHEN b ->> 4 IS NOT NULL THEN :now END, b ->> 4, :now, b ->> 3,
	:weight, :head_start_ms
FROM (SELECT CAST(value AS json) AS b FROM json_each(:boards)) AS list;

-- Changes what the operator says of a board.  What was stored under the old values is read again:
-- the validators go, and a visit under way loses its lease.
-- name: board_update
-- args: id:int company:text? interval_ms:int? now:int
UPDATE board
SET company = :company, interval_ms = :interval_ms, etag = NULL, last_modified = NULL,
	body_hash = NULL, was_complete = 0, next_at = :now,
	worker = NULL, lease_until = 0, lease_no = lease_no + 1
WHERE id = :id;

-- Has a board's open postings written anew by the next listing, silently, as after a change of our
-- own rules, because a new name of the company is no change of a posting.
-- name: board_reread
-- args: id:int
UPDATE posting SET hash_version = 0 WHERE board_id = :id AND closed_at IS NULL;

-- Tells a board's weight.
-- name: board_weight
-- args: id:int
-- cols: weight:int
SELECT weight FROM board WHERE id = :id;

-- Changes a board's weight, and with it the head start it has now.
-- name: board_weigh
-- args: id:int weight:int
UPDATE board SET head_start_ms = head_start_ms * :weight / weight, weight = :weight WHERE id = :id;

-- Switches a board on: due at once, its failures forgotten.
-- name: board_enable
-- args: id:int now:int
UPDATE board
SET disabled_at = NULL, disabled_reason = NULL, failures = 0, gone = 0, failing_since = NULL,
	next_at = :now
WHERE id = :id;

-- Switches a board off; a visit under way may still end.
-- name: board_disable
-- args: id:int now:int reason:text
UPDATE board SET disabled_at = :now, disabled_reason = :reason, failing_since = NULL WHERE id = :id;

-- Removes a board; its postings, their matches and its visits go with it.
-- name: board_delete
-- args: id:int
DELETE FROM board WHERE id = :id;

-- Tells all of one board, with the reason of its last visit and the number of its open postings.
-- name: board_row
-- args: id:int
-- cols: id:int kind:text token:text company:text? region:text? interval_ms:int? next_at:int last_visit_at:int? last_success_at:int? disabled_at:int? failures:int gone:int last_status:text? last_reason:text? disabled_reason:text? n_open:int host:text? weight:int pace_ms:int? yield_avg:real success_avg:real requests_avg:real failing_since:int?
SELECT id, kind, token, company, region, interval_ms, next_at, last_visit_at, last_success_at,
	disabled_at, failures, gone, last_status,
	(SELECT reason FROM visit WHERE board_id = board.id ORDER BY at DESC, id DESC LIMIT 1) AS last_reason,
	disabled_reason,
	(SELECT count(*) FROM posting WHERE board_id = board.id AND closed_at IS NULL) AS n_open,
	host, weight, pace_ms, yield_avg, success_avg, requests_avg, failing_since
FROM board WHERE id = :id;

-- Tells the same of every board, by kind and token.
-- name: board_rows
-- cols: id:int kind:text token:text company:text? region:text? interval_ms:int? next_at:int last_visit_at:int? last_success_at:int? disabled_at:int? failures:int gone:int last_status:text? last_reason:text? disabled_reason:text? n_open:int host:text? weight:int pace_ms:int? yield_avg:real success_avg:real requests_avg:real failing_since:int?
-- scan: every board is asked for
SELECT id, kind, token, company, region, interval_ms, next_at, last_visit_at, last_success_at,
	disabled_at, failures, gone, last_status,
	(SELECT reason FROM visit WHERE board_id = board.id ORDER BY at DESC, id DESC LIMIT 1) AS last_reason,
	disabled_reason,
	(SELECT count(*) FROM posting WHERE board_id = board.id AND closed_at IS NULL) AS n_open,
	host, weight, pace_ms, yield_avg, success_avg, requests_avg, failing_since
FROM board ORDER BY kind, token;

-- Counts a board's open postings.
-- name: board_open_count
-- args: id:int
-- cols: n:int
SELECT count(*) AS n FROM posting WHERE board_id = :id AND closed_at IS NULL;

-- Counts the boards that are visited now, by whomever.
-- name: board_flying
-- args: now:int
-- cols: n:int
SELECT count(*) AS n FROM board WHERE lease_until > 0 AND lease_until > :now;

-- Gives due boards to one worker until lease_until: those that waited longest, their head start
-- counted, of each host so many that not more than per_host are visited at a time, and none of a
-- host that is to be left alone for now.  Run under the lock board-claim, so that two runs count
-- what the other took; `window` is how many are looked at.
-- name: board_claim_due
-- args: now:int lease_until:int worker:text limit:int per_host:int window:int
-- cols: id:int lease_no:int
WITH flying AS (
	SELECT host, count(*) AS n FROM board
	WHERE lease_until > 0 AND lease_until > :now AND host IS NOT NULL GROUP BY host),
due AS (
	SELECT b.id AS id, b.host AS host, b.next_at - b.head_start_ms AS turn FROM board b
	WHERE b.disabled_at IS NULL AND b.next_at - b.head_start_ms <= :now AND b.next_at <= :now
		AND b.lease_until <= :now
		AND NOT EXISTS (SELECT 1 FROM host h WHERE h.key = b.host
			AND (h.rest_until > :now OR h.full_until > :now))
		AND NOT EXISTS (SELECT 1 FROM flying f WHERE f.host = b.host AND f.n >= :per_host)
	ORDER BY b.next_at - b.head_start_ms, b.id LIMIT :window),
placed AS (
	SELECT due.id AS id, due.turn AS turn, due.host AS host,
		row_number() OVER (PARTITION BY due.host ORDER BY due.turn, due.id)
			+ coalesce(f.n, 0) AS place
	FROM due LEFT JOIN flying f ON f.host = due.host)
UPDATE board SET worker = :worker, lease_until = :lease_until, lease_no = lease_no + 1
WHERE id IN (SELECT placed.id FROM placed WHERE placed.place <= :per_host OR placed.host IS NULL
             ORDER BY placed.turn, placed.id LIMIT :limit)
	AND lease_until <= :now
RETURNING id, lease_no;
-- name: board_claim_due @postgres
WITH flying AS (
	SELECT host, count(*) AS n FROM board
	WHERE lease_until > 0 AND lease_until > :now AND host IS NOT NULL GROUP BY host),
due AS (
	SELECT b.id AS id, b.host AS host, b.next_at - b.head_start_ms AS turn FROM board b
	WHERE b.disabled_at IS NULL AND b.next_at - b.head_start_ms <= :now AND b.next_at <= :now
		AND b.lease_until <= :now
		AND NOT EXISTS (SELECT 1 FROM host h WHERE h.key = b.host
			AND (h.rest_until > :now OR h.full_until > :now))
		AND NOT EXISTS (SELECT 1 FROM flying f WHERE f.host = b.host AND f.n >= :per_host)
	ORDER BY b.next_at - b.head_start_ms, b.id LIMIT :window),
placed AS (
	SELECT due.id AS id, due.turn AS turn, due.host AS host,
		row_number() OVER (PARTITION BY due.host ORDER BY due.turn, due.id)
			+ coalesce(f.n, 0) AS place
	FROM due LEFT JOIN flying f ON f.host = due.host),
chosen AS MATERIALIZED (
	SELECT placed.id AS id FROM placed
	WHERE placed.place <= :per_host OR placed.host IS NULL
	ORDER BY placed.turn, placed.id LIMIT :limit),
claimed AS (
	UPDATE board SET worker = :worker, lease_until = :lease_until, lease_no = lease_no + 1
	FROM chosen WHERE board.id = chosen.id AND board.lease_until <= :now
	RETURNING board.id, board.lease_no)
SELECT id, lease_no FROM claimed ORDER BY id;

-- Makes every board due that is not being visited.
-- name: board_all_due
-- args: now:int
UPDATE board SET next_at = :now
WHERE disabled_at IS NULL AND next_at > :now AND lease_until <= :now;

-- The same for one board that was asked for by name, switched off or not; gives nothing while
-- another run visits it.
-- name: board_claim_one
-- args: id:int now:int lease_until:int worker:text
-- cols: id:int lease_no:int
UPDATE board SET worker = :worker, lease_until = :lease_until, lease_no = lease_no + 1
WHERE id = :id AND lease_until <= :now
RETURNING id, lease_no;

-- The boards that a run would claim, for one that changes nothing.
-- name: board_peek_due
-- args: now:int
-- cols: id:int
SELECT id FROM board
WHERE disabled_at IS NULL AND next_at - head_start_ms <= :now AND next_at <= :now
	AND lease_until <= :now
ORDER BY next_at - head_start_ms, id;

-- The same for boards due or not.
-- name: board_peek_any
-- args: now:int
-- cols: id:int
-- scan: every board is asked for
SELECT id FROM board WHERE disabled_at IS NULL AND lease_until <= :now ORDER BY id;

-- What a visit needs to know of its board.
-- name: board_visit
-- args: id:int
-- cols: kind:text token:text company:text? interval_ms:int? etag:text? last_modified:text? region:text? body_hash:blob? was_complete:int suspect_hash:blob? suspect_since:int? suspect_visits:int failures:int gone:int last_success_at:int? pace_ms:int? yield_avg:real success_avg:real weight:int requests_avg:real
SELECT kind, token, company, interval_ms, etag, last_modified, region, body_hash, was_complete,
	suspect_hash, suspect_since, suspect_visits, failures, gone, last_success_at, pace_ms,
	yield_avg, success_avg, weight, requests_avg
FROM board WHERE id = :id;

-- Keeps a board with the holder of its lease until the transaction ends, before a listing is compared
-- with what is stored: a holder that was taken over gets no row, and nobody takes over meanwhile.
-- name: board_hold
-- args: id:int worker:text lease_no:int
-- cols: id:int
SELECT id FROM board WHERE id = :id AND worker = :worker AND lease_no = :lease_no;
-- name: board_hold @postgres
SELECT id FROM board WHERE id = :id AND worker = :worker AND lease_no = :lease_no
FOR NO KEY UPDATE;

-- The same for one more board of a transaction that holds some already: it does not wait, because
-- whoever has the row may wait for one of those.
-- name: board_hold_more
-- args: id:int worker:text lease_no:int
-- cols: id:int
SELECT id FROM board WHERE id = :id AND worker = :worker AND lease_no = :lease_no;
-- name: board_hold_more @postgres
SELECT id FROM board WHERE id = :id AND worker = :worker AND lease_no = :lease_no
FOR NO KEY UPDATE SKIP LOCKED;

-- Ends a visit that brought a listing, by the holder of the lease; the validators go with the
-- postings that are stored in the same transaction.
-- name: board_finish
-- args: id:int worker:text lease_no:int now:int next_at:int status:text etag:text? last_modified:text? region:text? body_hash:blob? was_complete:int suspect_hash:blob? suspect_since:int? suspect_visits:int
UPDATE board
SET worker = NULL, lease_until = 0, next_at = :next_at, last_visit_at = :now,
	last_success_at = :now, last_status = :status, failures = 0, gone = 0,
	failing_since = NULL,
	etag = :etag, last_modified = :last_modified, region = :region, body_hash = :body_hash,
	was_complete = :was_complete, suspect_hash = :suspect_hash, suspect_since = :suspect_since,
	suspect_visits = :suspect_visits
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Ends a visit that brought none, by the holder of the lease: what was stored before stands.
-- name: board_fail
-- args: id:int worker:text lease_no:int now:int next_at:int status:text failures:int gone:int disabled_at:int? disabled_reason:text?
UPDATE board
SET worker = NULL, lease_until = 0, next_at = :next_at, last_visit_at = :now,
	last_status = :status, failures = :failures, gone = :gone,
	failing_since = coalesce(failing_since, :now),
	disabled_reason = CASE WHEN disabled_at IS NULL THEN :disabled_reason ELSE disabled_reason END,
	disabled_at = coalesce(disabled_at, :disabled_at)
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Keeps what the scheduler learned of a board, for the holder of the lease.
-- name: board_learn
-- args: id:int worker:text lease_no:int host:text? pace_ms:int yield_avg:real success_avg:real head_start_ms:int requests_avg:real
UPDATE board SET host = :host, pace_ms = :pace_ms, yield_avg = :yield_avg,
	success_avg = :success_avg, head_start_ms = :head_start_ms, requests_avg = :requests_avg
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Holds a board for longer, by the holder of the lease.
-- name: board_renew
-- args: id:int worker:text lease_no:int lease_until:int
UPDATE board SET lease_until = :lease_until
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Gives a board back unvisited, by the holder of the lease.
-- name: board_release
-- args: id:int worker:text lease_no:int
UPDATE board SET worker = NULL, lease_until = 0
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Gives a board back unvisited, not due before then, by the holder of the lease.  Its turn stays: who
-- was put off has waited all the same.
-- name: board_put_off
-- args: id:int worker:text lease_no:int next_at:int
UPDATE board SET worker = NULL, lease_until = 0,
	head_start_ms = head_start_ms + CASE WHEN next_at < :next_at THEN :next_at - next_at ELSE 0 END,
	next_at = CASE WHEN next_at < :next_at THEN :next_at ELSE next_at END
WHERE id = :id AND worker = :worker AND lease_no = :lease_no;

-- Keeps a visit in the board's history.
-- name: visit_insert
-- args: board_id:int at:int status:text http_status:int? complete:int reason:text? bytes:int ms:int n_postings:int n_bad:int n_new:int n_changed:int n_closed:int
INSERT INTO visit (board_id, at, status, http_status, complete, reason, bytes, ms, n_postings,
	n_bad, n_new, n_changed, n_closed)
VALUES (:board_id, :at, :status, :http_status, :complete, :reason, :bytes, :ms, :n_postings,
	:n_bad, :n_new, :n_changed, :n_closed);

-- Tells a board's last visits, newest first.
-- name: visit_rows
-- args: board_id:int limit:int
-- cols: at:int status:text http_status:int? complete:int reason:text? bytes:int ms:int n_postings:int n_bad:int n_new:int n_changed:int n_closed:int
SELECT at, status, http_status, complete, reason, bytes, ms, n_postings, n_bad, n_new, n_changed,
	n_closed
FROM visit WHERE board_id = :board_id ORDER BY at DESC, id DESC LIMIT :limit;

-- Tells whose a posting is, for lines about postings that ended by age.
-- name: board_of_posting
-- args: posting_id:int
-- cols: kind:text token:text
SELECT board.kind, board.token FROM posting JOIN board ON board.id = posting.board_id
WHERE posting.id = :posting_id;

-- What the listing said of a board's open postings when their details were read: the fingerprint
-- is null for those stored without.
-- name: listed_of_board
-- args: board:int
-- cols: external_id:text hash:blob? hash_version:int read_at:int?
SELECT posting.external_id, listed.hash, posting.hash_version, listed.read_at
FROM posting LEFT JOIN listed ON listed.posting_id = posting.id
WHERE posting.board_id = :board AND posting.closed_at IS NULL;

-- Keeps the fingerprint of what the listing said of a posting, in the transaction that stores it.
-- name: listed_put
-- args: posting:int hash:blob now:int
INSERT INTO listed (posting_id, hash, read_at) VALUES (:posting, :hash, :now)
ON CONFLICT (posting_id) DO UPDATE SET hash = excluded.hash, read_at = excluded.read_at;

-- Keeps that the details of a posting were asked for and are not to be had.
-- name: listed_touch
-- args: board:int external_id:text now:int
UPDATE listed SET read_at = :now
WHERE posting_id = (SELECT id FROM posting WHERE board_id = :board AND external_id = :external_id);

-- When the details of a board's open postings were read that are the oldest.
-- name: listed_oldest
-- args: board:int
-- cols: read_at:int?
SELECT min(listed.read_at) AS read_at
FROM posting JOIN listed ON listed.posting_id = posting.id
WHERE posting.board_id = :board AND posting.closed_at IS NULL;

-- The ids of all postings that a board ever had, for listings that are read until nothing is new.
-- name: board_posting_ids
-- args: board:int
-- cols: external_id:text
SELECT external_id FROM posting WHERE board_id = :board;
