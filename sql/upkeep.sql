-- Upkeep of a whole database: what jp-db gc prunes, and the promises that jp-db check looks after.
-- Pruning goes in portions, each a short transaction of its own.

-- How many visits of boards are older than that.
-- name: gc_visit_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM visit WHERE at < :before;

-- Removes a portion of them.
-- name: gc_visit
-- args: before:int limit:int
DELETE FROM visit WHERE id IN (SELECT id FROM visit WHERE at < :before ORDER BY at LIMIT :limit);

-- How many runs of programs are older than that.
-- name: gc_run_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM run WHERE started_at < :before;

-- Removes a portion of them.
-- name: gc_run
-- args: before:int limit:int
DELETE FROM run
WHERE id IN (SELECT id FROM run WHERE started_at < :before ORDER BY started_at LIMIT :limit);

-- How many events of postings are older than that.
-- name: gc_event_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM posting_event WHERE at < :before;

-- Removes a portion of them.
-- name: gc_event
-- args: before:int limit:int
DELETE FROM posting_event
WHERE id IN (SELECT id FROM posting_event WHERE at < :before ORDER BY at LIMIT :limit);

-- How many postings were closed before that.
-- name: gc_posting_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM posting WHERE closed_at < :before;

-- How many messages that are done were composed before that and still have their text.
-- name: gc_body_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM message
WHERE composed_at < :before AND state IN ('sent', 'failed') AND body IS NOT NULL;

-- Empties a portion of them.
-- name: gc_body
-- args: before:int limit:int
UPDATE message SET body = NULL
WHERE id IN (SELECT id FROM message
	WHERE composed_at < :before AND state IN ('sent', 'failed') AND body IS NOT NULL
	ORDER BY composed_at LIMIT :limit);

-- How many messages that nobody waits for were composed before that.
-- name: gc_message_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM message
WHERE composed_at < :before AND state IN ('sent', 'failed', 'held');

-- Removes the matches in a portion of them: without their message they would wait for a digest
-- again.  Run in the transaction of gc_message, right before it, so that both see the same portion.
-- name: gc_message_matches
-- args: before:int limit:int
DELETE FROM match
WHERE message_id IN (SELECT id FROM message
	WHERE composed_at < :before AND state IN ('sent', 'failed', 'held')
	ORDER BY composed_at, id LIMIT :limit);

-- Removes the portion.  That its groups were sent is kept, without the message.
-- name: gc_message
-- args: before:int limit:int
DELETE FROM message
WHERE id IN (SELECT id FROM message
	WHERE composed_at < :before AND state IN ('sent', 'failed', 'held')
	ORDER BY composed_at, id LIMIT :limit);

-- How many addresses came before that and never agreed to anything (O03).
-- name: gc_pending_count
-- args: before:int
-- cols: n:int
SELECT count(*) AS n FROM subscriber s
WHERE s.status = 'pending' AND s.created_at < :before
	AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber_id = s.id);

-- Removes a portion of them, with their searches and matches by cascade.
-- name: gc_pending
-- args: before:int limit:int
DELETE FROM subscriber
WHERE id IN (SELECT s.id FROM subscriber s
	WHERE s.status = 'pending' AND s.created_at < :before
		AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber_id = s.id)
	ORDER BY s.created_at LIMIT :limit);

-- How many subscribers left before that, or bounced, and are still known by more than a hash.
-- name: gc_unsubscribed_count
-- args: before:int
-- cols: n:int
-- scan: now and then, over subscribers
SELECT count(*) AS n FROM subscriber
WHERE status IN ('unsubscribed', 'bounced') AND updated_at < :before;

-- Forgets what is in the messages of the portion that goes next.
-- name: gc_unsubscribed_messages
-- args: before:int limit:int
-- scan: now and then, over subscribers
UPDATE message
SET body = NULL, reply = NULL,
	state = CASE state WHEN 'sent' THEN 'sent' ELSE 'failed' END
WHERE subscriber_id IN (SELECT id FROM subscriber
	WHERE status IN ('unsubscribed', 'bounced') AND updated_at < :before
	ORDER BY id LIMIT :limit);

-- Erases a portion of them, with their searches, matches and consents by cascade.  The keyed hash
-- in suppression stays (U09).
-- name: gc_unsubscribed
-- args: before:int limit:int
-- scan: now and then, over subscribers
DELETE FROM subscriber
WHERE id IN (SELECT id FROM subscriber
	WHERE status IN ('unsubscribed', 'bounced') AND updated_at < :before
	ORDER BY id LIMIT :limit);

-- How many tasks were done before that.  The types are found one after the other, so that only rows
-- that count are read.
-- name: gc_task_count
-- args: before:int
-- cols: n:int
WITH RECURSIVE t (type) AS (
	SELECT min(type) FROM task WHERE state = 'done'
	UNION ALL
	SELECT (SELECT min(k.type) FROM task k WHERE k.state = 'done' AND k.type > t.type)
	FROM t WHERE t.type IS NOT NULL)
SELECT count(*) AS n FROM t JOIN task k ON k.state = 'done' AND k.type = t.type
WHERE k.due < :before;

-- Removes a portion of them.
-- name: gc_task
-- args: before:int limit:int
WITH RECURSIVE t (type) AS (
	SELECT min(type) FROM task WHERE state = 'done'
	UNION ALL
	SELECT (SELECT min(k.type) FROM task k WHERE k.state = 'done' AND k.type > t.type)
	FROM t WHERE t.type IS NOT NULL)
DELETE FROM task
WHERE id IN (SELECT k.id FROM t JOIN task k ON k.state = 'done' AND k.type = t.type
	WHERE k.due < :before LIMIT :limit);

-- How many starts of tasks are kept that no rate has asked for since then.
-- name: gc_rate_count
-- args: before:int
-- cols: n:int
-- scan: once a day; claims prune what they read
SELECT count(*) AS n FROM rate WHERE keep_until < :before;

-- Removes a portion of them.
-- name: gc_rate
-- args: before:int limit:int
-- scan: once a day; claims prune what they read
DELETE FROM rate
WHERE (type, part, at, n_before) IN (SELECT type, part, at, n_before FROM rate
	WHERE keep_until < :before LIMIT :limit);

-- Promise 1: a posting is closed as missing only after two complete listings lacked it.
-- name: check_closed_early
-- args: limit:int
-- cols: what:text
SELECT 'posting ' || id || ': closed as missing, but only ' || missed
	|| ' complete listings lacked it' AS what
FROM posting WHERE closed_at IS NOT NULL AND close_reason = 'missing' AND missed < 2
LIMIT :limit;

-- A posting is open, or closed for a reason.
-- name: check_close_reason
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'posting ' || id || CASE WHEN closed_at IS NULL THEN ': open, with a reason for being closed'
	ELSE ': closed without a reason' END AS what
FROM posting WHERE (closed_at IS NULL) <> (close_reason IS NULL)
LIMIT :limit;

-- Promise 2: a message that was sent says when.
-- name: check_sent_when
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'message ' || id || ': sent, but not when' AS what
FROM message WHERE state = 'sent' AND sent_at IS NULL
LIMIT :limit;

-- Promise 2: the postings of a message that was or will be sent are noted as sent, or another
-- digest could bring them again.
-- name: check_sent_noted
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'message ' || m.id || ': ' || m.state || ', but its postings are not noted as sent' AS what
FROM message m
WHERE m.state <> 'failed' AND m.subscriber_id IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM sent t WHERE t.message_id = m.id)
LIMIT :limit;

-- What is still to be sent has a text.
-- name: check_message_whole
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'message ' || id || ': ' || state || ', but it has no text' AS what
FROM message WHERE state IN ('composed', 'sending') AND body IS NULL
LIMIT :limit;

-- A message in the hands of a worker whose lease has been over for long: nobody takes it back.
-- name: check_sending_stuck
-- args: before:int limit:int
-- cols: what:text
SELECT 'message ' || id || ': sending, but its worker is gone; run jp-mail' AS what
FROM message WHERE state = 'sending' AND lease_until < :before
LIMIT :limit;

-- A state that no program knows.
-- name: check_message_state
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'message ' || id || ': has a state of its own' AS what
FROM message WHERE state NOT IN ('composed', 'sending', 'sent', 'failed', 'held')
LIMIT :limit;

-- A search finds a posting once.
-- name: check_match_twice
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'search ' || search_id || ': has posting ' || posting_id || ' ' || count(*) || ' times' AS what
FROM match GROUP BY search_id, posting_id HAVING count(*) > 1
LIMIT :limit;

-- Promise 3: whoever is mailed has agreed (O01).
-- name: check_consent
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'subscriber ' || s.id || ': active without a consent' AS what
FROM subscriber s
WHERE s.status = 'active'
	AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.subscriber_id = s.id)
LIMIT :limit;

-- A task in a state that no program knows, or waiting without a place.
-- name: check_task_state
-- args: limit:int
-- cols: what:text
-- scan: jp-db check reads everything once
SELECT 'task ' || id || ': ' || CASE WHEN state = 'waiting' THEN 'waiting, but it has no turn'
	ELSE 'has a state of its own' END AS what
FROM task
WHERE state NOT IN ('delayed', 'waiting', 'running', 'done', 'dead', 'buried')
	OR (state = 'waiting' AND turn IS NULL)
LIMIT :limit;

-- Promise 5: a task whose worker is gone is taken back; nobody has for long.
-- name: check_task_stuck
-- args: before:int limit:int
-- cols: what:text
SELECT 'task ' || id || ': running, but its worker is gone; run jp-queue work' AS what
FROM task WHERE state = 'running' AND due < :before
LIMIT :limit;
