-- Statements of composing and sending digests.  A message goes composed -> sending -> sent, failed,
-- held or back to composed; whoever moves it on from sending names worker and lease.

-- The next page of subscribers to whom a digest is due; with ids in only, those alone.
-- name: mail_due
-- args: now:int after:int only:list? limit:int
-- cols: id:int
SELECT DISTINCT s.subscriber_id AS id
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.paused_at IS NULL AND s.next_at <= :now AND s.subscriber_id > :after
	AND u.status = 'active'
	/*? AND s.subscriber_id IN (SELECT value FROM json_each(:only)) ?*/
ORDER BY s.subscriber_id LIMIT :limit;

-- Keeps other runs from composing for a subscriber until the transaction ends, for both would take
-- the same matches.  Gives no row where another run is at it.
-- name: mail_hold
-- args: subscriber:int
-- cols: id:int
SELECT id FROM subscriber WHERE id = :subscriber;
-- name: mail_hold @postgres
SELECT id FROM subscriber WHERE id = :subscriber FOR NO KEY UPDATE SKIP LOCKED;

-- The same, but waits for the other run.
-- name: mail_hold_wait
-- args: subscriber:int
-- cols: id:int
SELECT id FROM subscriber WHERE id = :subscriber;
-- name: mail_hold_wait @postgres
SELECT id FROM subscriber WHERE id = :subscriber FOR NO KEY UPDATE;

-- The next page of subscribers for whom there is something to do: whose hour has come, who have a
-- match that an instant search found, or a message to be sent.
-- name: mail_units
-- args: now:int after:int limit:int
-- cols: id:int
SELECT u.id AS id FROM subscriber u
WHERE u.id > :after AND u.status = 'active' AND (
	EXISTS (SELECT 1 FROM search s
		WHERE s.subscriber_id = u.id AND s.paused_at IS NULL AND s.next_at <= :now
			AND (coalesce(s.frequency, u.frequency) <> 'instant'
				OR EXISTS (SELECT 1 FROM match m JOIN posting p ON p.id = m.posting_id
					WHERE m.search_id = s.id AND m.message_id IS NULL
						AND p.closed_at IS NULL
						AND NOT EXISTS (SELECT 1 FROM sent t
							WHERE t.subscriber_id = u.id
								AND t.group_id = coalesce(p.group_id, p.id)))))
	OR EXISTS (SELECT 1 FROM message g
		WHERE g.subscriber_id = u.id AND g.state = 'composed' AND g.next_try_at <= :now))
ORDER BY u.id LIMIT :limit;

-- Matches that wait for a digest: of searches due by then, open postings, of groups never sent.
-- name: mail_waiting
-- args: subscriber:int due:int limit:int
-- cols: match_id:int posting_id:int group_id:int score:int matched_at:int posted_at:int? first_seen:int
SELECT m.id AS match_id, m.posting_id AS posting_id, coalesce(p.group_id, p.id) AS group_id,
	m.score AS score, m.matched_at AS matched_at, p.posted_at AS posted_at,
	p.first_seen AS first_seen
FROM search s
	JOIN match m ON m.search_id = s.id
	JOIN posting p ON p.id = m.posting_id
WHERE s.subscriber_id = :subscriber AND s.paused_at IS NULL AND s.next_at <= :due
	AND m.message_id IS NULL AND p.closed_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM sent t WHERE t.subscriber_id = :subscriber
		AND t.group_id = coalesce(p.group_id, p.id))
ORDER BY m.score DESC, m.id LIMIT :limit;

-- What a digest shows of one match; of the description only the beginning.
-- name: mail_item
-- args: match:int
-- cols: search:text title:text company:text url:text description:text salary_min:int? salary_max:int? salary_currency:text? salary_period:text? remote:text? employment_type:text? kind:text place:text? reasons:list
SELECT s.name AS search, p.title AS title, p.company AS company, p.url AS url,
	substr(p.description, 1, 4000) AS description, p.salary_min AS salary_min,
	p.salary_max AS salary_max, p.salary_currency AS salary_currency,
	p.salary_period AS salary_period, p.remote AS remote, p.employment_type AS employment_type,
	b.kind AS kind,
	(SELECT l.text FROM location l WHERE l.posting_id = p.id ORDER BY l.n LIMIT 1) ||
		coalesce((SELECT ' +' || (count(*) - 1) FROM location l WHERE l.posting_id = p.id
			HAVING count(*) > 1), '') AS place,
	m.reasons AS reasons
FROM match m
	JOIN search s ON s.id = m.search_id
	JOIN posting p ON p.id = m.posting_id
	JOIN board b ON b.id = p.board_id
WHERE m.id = :match;

-- Searches of a subscriber that are due, with their own frequency.
-- name: mail_due_searches
-- args: subscriber:int now:int
-- cols: id:int frequency:text? next_at:int
SELECT id, frequency, next_at FROM search
WHERE subscriber_id = :subscriber AND paused_at IS NULL AND next_at <= :now
ORDER BY id;

-- Adds a composed message, ready to be sent.
-- name: message_add
-- args: subscriber:int message_id:text subject:text body:blob n_postings:int period_from:int period_to:int now:int
-- gives: id
INSERT INTO message (subscriber_id, message_id, state, subject, body, n_postings, period_from,
	period_to, composed_at, next_try_at)
VALUES (:subscriber, :message_id, 'composed', :subject, :body, :n_postings, :period_from,
	:period_to, :now, :now);

-- Notes that a group went to a subscriber; the caller has seen in the same transaction that it had
-- not.
-- name: sent_add
-- args: subscriber:int group_id:int posting_id:int message:int now:int
INSERT INTO sent (subscriber_id, group_id, posting_id, message_id, at)
VALUES (:subscriber, :group_id, :posting_id, :message, :now);

-- Every waiting match of a subscriber in the group goes with the message: other searches found the
-- posting too, or a near-duplicate of it.
-- name: match_take
-- args: message:int subscriber:int group_id:int posting_id:int
UPDATE match SET message_id = :message
WHERE message_id IS NULL
	AND search_id IN (SELECT id FROM search WHERE subscriber_id = :subscriber)
	AND posting_id IN (SELECT id FROM posting WHERE group_id = :group_id
		UNION SELECT :posting_id);

-- Gives the messages that have waited longest to one worker until lease_until; with subscribers'
-- ids in only, theirs alone.  Safe with others running because it takes only composed ones.
-- name: message_claim
-- args: now:int worker:text lease_until:int transport:text only:list? limit:int
-- cols: id:int
UPDATE message
SET state = 'sending', worker = :worker, lease_until = :lease_until, lease_no = lease_no + 1,
	attempts = attempts + 1, transport = :transport
WHERE state = 'composed' AND id IN (
	SELECT id FROM message
	WHERE state = 'composed' AND next_try_at <= :now
		/*? AND subscriber_id IN (SELECT value FROM json_each(:only)) ?*/
	ORDER BY next_try_at, id LIMIT :limit)
RETURNING id;
-- name: message_claim @postgres
WITH ready AS MATERIALIZED (
	SELECT id FROM message
	WHERE state = 'composed' AND next_try_at <= :now
		/*? AND subscriber_id IN (SELECT value FROM json_each(:only)) ?*/
	ORDER BY next_try_at, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
), claimed AS (
	UPDATE message
	SET state = 'sending', worker = :worker, lease_until = :lease_until,
		lease_no = lease_no + 1, attempts = attempts + 1, transport = :transport
	FROM ready WHERE message.id = ready.id
	RETURNING message.id
)
SELECT id FROM claimed ORDER BY id;

-- Keeps the subscribers of claimed messages as they are until the transaction ends, so that nobody is
-- mailed whose unsubscribing was committed before the message was marked (promise 3).  In the order
-- of ids, so that two runs do not wait for each other.
-- name: message_hold_subscribers
-- args: ids:list
-- cols: id:int
SELECT u.id AS id FROM message m JOIN subscriber u ON u.id = m.subscriber_id
WHERE m.id IN (SELECT value FROM json_each(:ids)) ORDER BY u.id;
-- name: message_hold_subscribers @postgres
SELECT u.id AS id FROM message m JOIN subscriber u ON u.id = m.subscriber_id
WHERE m.id IN (SELECT value FROM json_each(:ids)) ORDER BY u.id FOR SHARE OF u;

-- A message as its transport needs it, with whether its subscriber may be mailed (promise 3).
-- name: message_claimed
-- args: id:int
-- cols: message_id:text n_postings:int body:blob? composed_at:int attempts:int lease_no:int subscriber_id:int? email:text? status:text?
SELECT m.message_id AS message_id, m.n_postings AS n_postings, m.body AS body,
	m.composed_at AS composed_at, m.attempts AS attempts, m.lease_no AS lease_no,
	m.subscriber_id AS subscriber_id, u.email AS email, u.status AS status
FROM message m LEFT JOIN subscriber u ON u.id = m.subscriber_id
WHERE m.id = :id;

-- Writes what became of a message; touches one row only while the lease is ours.
-- name: message_finish
-- args: id:int worker:text lease_no:int state:text next_try_at:int attempts:int sent_at:int? reply:text?
UPDATE message
SET state = :state, next_try_at = :next_try_at, attempts = :attempts, sent_at = :sent_at,
	reply = :reply, lease_until = 0
WHERE id = :id AND worker = :worker AND lease_no = :lease_no AND state = 'sending';

-- Messages whose worker is gone: their lease is over.
-- name: message_lost
-- args: now:int limit:int
-- cols: id:int lease_no:int transport:text? message_id:text n_postings:int subscriber_id:int?
SELECT id, lease_no, transport, message_id, n_postings, subscriber_id FROM message
WHERE state = 'sending' AND lease_until <= :now
ORDER BY lease_until, id LIMIT :limit;

-- Moves a message on whose worker is gone; touches one row only while nobody else did.
-- name: message_recover
-- args: id:int lease_no:int state:text now:int reply:text
UPDATE message SET state = :state, next_try_at = :now, reply = :reply, lease_until = 0
WHERE id = :id AND lease_no = :lease_no AND state = 'sending' AND lease_until <= :now;

-- Has every held message sent again, once that is the policy; not one whose text is gone.
-- name: message_resend_held
-- args: now:int
UPDATE message SET state = 'composed', next_try_at = :now
WHERE state = 'held' AND body IS NOT NULL;

-- Lets the matches of a message that is not sent wait again.
-- name: match_release
-- args: message:int
UPDATE match SET message_id = NULL WHERE message_id = :message;

-- Forgets that the groups of a message were sent, for it never is.
-- name: sent_release
-- args: message:int
DELETE FROM sent WHERE message_id = :message;

-- Empties a message whose postings were released, so that it is never sent after all.
-- name: message_empty
-- args: id:int
UPDATE message SET body = NULL WHERE id = :id;

-- Messages from the newest on; with a state, only those.
-- name: message_page
-- args: before:int state:text? limit:int
-- cols: id:int subscriber_id:int? state:text n_postings:int attempts:int composed_at:int next_try_at:int sent_at:int? message_id:text reply:text?
SELECT id, subscriber_id, state, n_postings, attempts, composed_at, next_try_at, sent_at,
	message_id, reply
FROM message
WHERE id < :before /*? AND state = :state ?*/
ORDER BY id DESC LIMIT :limit;

-- The bytes of one message.
-- name: message_body
-- args: id:int
-- cols: body:blob?
SELECT body FROM message WHERE id = :id;

-- Has a message that is held or failed sent once more; not one whose text is gone.
-- name: message_retry
-- args: id:int now:int
UPDATE message SET state = 'composed', next_try_at = :now
WHERE id = :id AND state IN ('held', 'failed') AND body IS NOT NULL;

-- Gives up a message that is held.
-- name: message_drop
-- args: id:int reply:text
UPDATE message SET state = 'failed', reply = :reply WHERE id = :id AND state = 'held';
