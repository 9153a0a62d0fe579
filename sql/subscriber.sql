-- Statements about subscribers, what they agreed to, and their saved searches as subscribers see
-- them; matching has its own in match.sql.

-- Finds a subscriber by address, folded as email_key is.
-- name: subscriber_find_email
-- args: email_key:text
-- cols: id:int
SELECT id FROM subscriber WHERE email_key = :email_key;

-- The same for changing that row: nobody removes it before the transaction ends.
-- name: subscriber_hold
-- args: email_key:text
-- cols: id:int
SELECT id FROM subscriber WHERE email_key = :email_key;
-- name: subscriber_hold @postgres
SELECT id FROM subscriber WHERE email_key = :email_key FOR NO KEY UPDATE;

-- Tells whether there is such a subscriber.
-- name: subscriber_find_id
-- args: id:int
-- cols: id:int
SELECT id FROM subscriber WHERE id = :id;

-- Everything that is set about one subscriber.
-- name: subscriber_load
-- args: id:int
-- cols: id:int email:text name:text? timezone:text frequency:text hour:int weekday:int status:text
SELECT id, email, name, timezone, frequency, hour, weekday, status
FROM subscriber WHERE id = :id;

-- The next page of subscribers in the order of their ids; with a status, only those.
-- name: subscriber_page
-- args: after:int status:text? limit:int
-- cols: id:int email:text name:text? timezone:text frequency:text hour:int weekday:int status:text
SELECT id, email, name, timezone, frequency, hour, weekday, status
FROM subscriber
WHERE id > :after /*? AND status = :status ?*/
ORDER BY id LIMIT :limit;

-- Adds a subscriber; the caller has looked under the lock "subscriber" that the address is new.
-- name: subscriber_add
-- args: email:text email_key:text name:text? timezone:text frequency:text hour:int weekday:int status:text now:int
-- gives: id
INSERT INTO subscriber (email, email_key, name, timezone, frequency, hour, weekday, status,
	created_at, updated_at)
VALUES (:email, :email_key, :name, :timezone, :frequency, :hour, :weekday, :status, :now, :now);

-- Replaces what a subscriber set; the status stays.
-- name: subscriber_update
-- args: id:int email:text name:text? timezone:text frequency:text hour:int weekday:int now:int
UPDATE subscriber
SET email = :email, name = :name, timezone = :timezone, frequency = :frequency, hour = :hour,
	weekday = :weekday, updated_at = :now
WHERE id = :id;

-- Sets the status.
-- name: subscriber_set_status
-- args: id:int status:text now:int
UPDATE subscriber SET status = :status, updated_at = :now WHERE id = :id;

-- Counts bounces; safe with others running because it adds.
-- name: subscriber_add_bounce
-- args: id:int hard:int soft:int now:int
UPDATE subscriber
SET bounces_hard = bounces_hard + :hard, bounces_soft = bounces_soft + :soft, updated_at = :now
WHERE id = :id;

-- Removes a subscriber with searches, matches, consents and sent postings (by cascade).
-- name: subscriber_remove
-- args: id:int
DELETE FROM subscriber WHERE id = :id;

-- Forgets what is in the messages of a subscriber who is removed; what is not sent yet never is.
-- name: subscriber_forget_messages
-- args: id:int
UPDATE message
SET body = NULL, reply = NULL,
	state = CASE state WHEN 'sent' THEN 'sent' ELSE 'failed' END
WHERE subscriber_id = :id;

-- Records a consent (O02).
-- name: consent_add
-- args: subscriber:int text:text way:text at:int
INSERT INTO consent (subscriber_id, text, way, at) VALUES (:subscriber, :text, :way, :at);

-- Tells whether this consent is recorded already.
-- name: consent_find
-- args: subscriber:int text:text way:text
-- cols: id:int
SELECT id FROM consent
WHERE subscriber_id = :subscriber AND text = :text AND way = :way
LIMIT 1;

-- What a subscriber agreed to, oldest first.
-- name: consent_list
-- args: subscriber:int
-- cols: text:text way:text at:int
SELECT text, way, at FROM consent WHERE subscriber_id = :subscriber ORDER BY id;

-- When a subscriber agreed to something last.
-- name: consent_latest
-- args: subscriber:int
-- cols: at:int
SELECT at FROM consent WHERE subscriber_id = :subscriber ORDER BY id DESC LIMIT 1;

-- Tells whether an address may never be mailed again, by its keyed hash (U09).
-- name: suppression_find
-- args: hash:blob
-- cols: at:int
SELECT at FROM suppression WHERE hash = :hash;

-- Keeps the hash of an address that may never be mailed again; the first reason stays.
-- name: suppression_add
-- args: hash:blob reason:text now:int
INSERT INTO suppression (hash, reason, at) VALUES (:hash, :reason, :now)
ON CONFLICT (hash) DO NOTHING;

-- The saved searches of a subscriber as lists show them, oldest first.
-- name: subscriber_searches
-- args: subscriber:int
-- cols: id:int name:text query:text frequency:text? next_at:int paused_at:int?
SELECT id, name, query, frequency, next_at, paused_at
FROM search WHERE subscriber_id = :subscriber ORDER BY id;

-- When a search of that name is due, if there is one.
-- name: search_next
-- args: subscriber:int name:text
-- cols: next_at:int
SELECT next_at FROM search WHERE subscriber_id = :subscriber AND name = :name;

-- When the searches of a subscriber are due, and how often.
-- name: search_times
-- args: subscriber:int
-- cols: id:int frequency:text? next_at:int
SELECT id, frequency, next_at FROM search WHERE subscriber_id = :subscriber ORDER BY id;

-- Sets when a search is due.
-- name: search_set_next
-- args: id:int next_at:int
UPDATE search SET next_at = :next_at WHERE id = :id;

-- Has all searches of a subscriber run against the open postings again.
-- name: search_rematch
-- args: subscriber:int
UPDATE search SET match_due = 1 WHERE subscriber_id = :subscriber;

-- Pauses a search, or takes it up again (null); what was posted meanwhile is matched then.
-- name: search_pause
-- args: subscriber:int id:int paused_at:int? now:int
UPDATE search
SET paused_at = :paused_at, updated_at = :now, match_due = 1
WHERE id = :id AND subscriber_id = :subscriber;
