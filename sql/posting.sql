-- Postings: stored by listing, missed, closed, expired, read.  Every statement that writes runs in
-- the write transaction that also commits the board's validators, so a listing is there or not.

-- All postings of a board, open and closed, as far as a listing must be compared with them.
-- name: posting_of_board
-- args: board:int
-- cols: id:int external_id:text hash:blob hash_version:int closed_at:int? missed:int
-- cols: url:text apply_url:text valid_through:int? unlisted:int
SELECT id, external_id, hash, hash_version, closed_at, missed, url, apply_url, valid_through,
	unlisted
FROM posting WHERE board_id = :board;

-- What postings with these keys are about to be added under: ids, which are what the table would
-- give them, and the group of the first posting with the same key, on any board.  A row a key, in
-- their order.  Nobody else adds postings meanwhile (jp_db_lock "group"); ids that are not used are
-- never used.
-- name: posting_ids
-- args: keys:list
-- cols: id:int group_id:int?
-- scan: a row a table
SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'posting'), 0) + 1 + k.key AS id,
	(SELECT twin.group_id FROM posting AS twin
	WHERE twin.dedupe_key = k.value ORDER BY twin.id LIMIT 1) AS group_id
FROM json_each(:keys) AS k ORDER BY id;
-- name: posting_ids @postgres
SELECT nextval(pg_get_serial_sequence('posting', 'id')) AS id,
	(SELECT twin.group_id FROM posting AS twin
	WHERE twin.dedupe_key = k.value ORDER BY twin.id LIMIT 1) AS group_id
FROM json_each(:keys) AS k ORDER BY id;

-- The groups of those requisitions of a board that a posting has: each that of its first one.
-- name: posting_requisition_group
-- args: board:int requisitions:texts
-- cols: requisition:text group_id:int
SELECT oldest.requisition AS requisition, coalesce(p.group_id, p.id) AS group_id
FROM (SELECT twin.requisition AS requisition, min(twin.id) AS id FROM posting AS twin
	WHERE twin.board_id = :board
	AND twin.requisition IN (SELECT value FROM json_each(:requisitions))
	GROUP BY twin.requisition) AS oldest
JOIN posting AS p ON p.id = oldest.id;

-- Adds a posting.
-- name: posting_insert
-- args: id:int board:int group_id:int external_id:text requisition:text? title:text company:text
-- args: description:text url:text apply_url:text employment_type:text? level:text? remote:text?
-- args: department:text? salary_min:int? salary_max:int? salary_currency:text? salary_period:text?
-- args: language:text? posted_at:int? posted_flags:int updated_at:int? valid_through:int? now:int
-- args: hash:blob hash_version:int dedupe_key:int
-- many: rows
INSERT INTO posting (id, board_id, group_id, external_id, requisition, title, company, description,
	url, apply_url, employment_type, level, remote, department, salary_min, salary_max,
	salary_currency, salary_period, language, posted_at, posted_flags, updated_at,
	valid_through, first_seen, last_seen, hash, hash_version, dedupe_key)
VALUES (:id, :board, :group_id, :external_id, :requisition, :title, :company, :description,
	:url, :apply_url, :employment_type, :level, :remote, :department, :salary_min, :salary_max,
	:salary_currency, :salary_period, :language, :posted_at, :posted_flags, :updated_at,
	:valid_through, :now, :now, :hash, :hash_version, :dedupe_key);

-- Replaces what a listing says of a posting that is known and opens it.  step 1: readers would call
-- it a change, so it is matched again; 0: only our rules or a link changed (R6).
-- name: posting_update
-- args: id:int requisition:text? title:text company:text description:text
-- args: url:text apply_url:text employment_type:text? level:text? remote:text? department:text?
-- args: salary_min:int? salary_max:int? salary_currency:text? salary_period:text? language:text?
-- args: posted_at:int? posted_flags:int updated_at:int? valid_through:int? now:int hash:blob
-- args: hash_version:int dedupe_key:int step:int
UPDATE posting
SET requisition = :requisition, title = :title, company = :company, description = :description,
	url = :url, apply_url = :apply_url, employment_type = :employment_type, level = :level,
	remote = :remote, department = :department, salary_min = :salary_min,
	salary_max = :salary_max, salary_currency = :salary_currency,
	salary_period = :salary_period, language = :language, posted_at = :posted_at,
	posted_flags = :posted_flags, updated_at = :updated_at, valid_through = :valid_through,
	last_seen = :now, missed = 0, unlisted = 0, closed_at = NULL, close_reason = NULL, hash = :hash,
	hash_version = :hash_version, dedupe_key = :dedupe_key, revision = revision + :step,
	match_due = CASE WHEN :step = 1 THEN 1 ELSE match_due END
WHERE id = :id;

-- Notes that a listing has these postings again, which the one before lacked.
-- name: posting_listed
-- args: ids:list now:int
UPDATE posting SET last_seen = :now, missed = 0, unlisted = 0
WHERE id IN (SELECT value FROM json_each(:ids));

-- Notes that a listing lacked these open postings, which the one before had: they were seen last
-- when that was stored.
-- name: posting_unlisted
-- args: ids:list
UPDATE posting SET unlisted = 1, last_seen = COALESCE(
	(SELECT board.last_success_at FROM board
	WHERE board.id = posting.board_id AND board.last_success_at > posting.last_seen), last_seen)
WHERE id IN (SELECT value FROM json_each(:ids));

-- Notes that a trusted listing lacked these open postings.
-- name: posting_missed
-- args: ids:list
UPDATE posting SET missed = missed + 1
WHERE id IN (SELECT value FROM json_each(:ids));

-- The open postings of a board that its last listing lacked, for one that came again unchanged.
-- name: posting_unlisted_of_board
-- args: board:int
-- cols: id:int missed:int
SELECT id, missed FROM posting
WHERE board_id = :board AND unlisted = 1 AND closed_at IS NULL;

-- Closes these postings because listings lacked them; gives what their event shows.
-- name: posting_close
-- args: ids:list now:int
-- cols: id:int title:text company:text url:text place:text?
UPDATE posting SET closed_at = :now, close_reason = 'missing', match_due = 0
WHERE id IN (SELECT value FROM json_each(:ids)) AND closed_at IS NULL
RETURNING id, title, company, url,
	(SELECT text FROM location WHERE posting_id = posting.id AND n = 0) AS place;

-- Closes open postings whose date is past, the longest past first; gives what their event shows.
-- name: posting_expire_dated
-- args: now:int limit:int
-- cols: id:int title:text company:text url:text place:text?
UPDATE posting SET closed_at = :now, close_reason = 'expired', match_due = 0
WHERE id IN (SELECT id FROM posting
	WHERE closed_at IS NULL AND valid_through IS NOT NULL AND valid_through <= :now
	ORDER BY valid_through LIMIT :limit)
RETURNING id, title, company, url,
	(SELECT text FROM location WHERE posting_id = posting.id AND n = 0) AS place;
-- name: posting_expire_dated @postgres
WITH past AS MATERIALIZED (
	SELECT id FROM posting
	WHERE closed_at IS NULL AND valid_through IS NOT NULL AND valid_through <= :now
	ORDER BY valid_through LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
), closed AS (
	UPDATE posting SET closed_at = :now, close_reason = 'expired', match_due = 0
	FROM past WHERE posting.id = past.id
	RETURNING posting.id, title, company, url
)
SELECT id, title, company, url,
	(SELECT text FROM location WHERE posting_id = closed.id AND n = 0) AS place
FROM closed ORDER BY id;

-- Closes open postings of feeds and other windows that were not seen since; absence alone says
-- nothing there.  What was seen that long ago was first seen before that, and what the last listing
-- had was seen when the board was last visited with success.
-- name: posting_expire_unseen
-- args: kinds:texts now:int since:int limit:int
-- cols: id:int title:text company:text url:text place:text?
UPDATE posting SET closed_at = :now, close_reason = 'expired', match_due = 0
WHERE id IN (SELECT p.id FROM posting AS p
	JOIN board AS b ON b.id = p.board_id
	WHERE p.closed_at IS NULL AND p.first_seen < :since AND p.last_seen < :since
	AND (p.unlisted = 1 OR COALESCE(b.last_success_at, 0) < :since)
	AND b.kind IN (SELECT value FROM json_each(:kinds))
	ORDER BY p.first_seen LIMIT :limit)
RETURNING id, title, company, url,
	(SELECT text FROM location WHERE posting_id = posting.id AND n = 0) AS place;
-- name: posting_expire_unseen @postgres
WITH past AS MATERIALIZED (
	SELECT p.id FROM posting AS p
	JOIN board AS b ON b.id = p.board_id
	WHERE p.closed_at IS NULL AND p.first_seen < :since AND p.last_seen < :since
		AND (p.unlisted = 1 OR COALESCE(b.last_success_at, 0) < :since)
		AND b.kind IN (SELECT value FROM json_each(:kinds))
	ORDER BY p.first_seen LIMIT :limit FOR NO KEY UPDATE OF p SKIP LOCKED
), closed AS (
	UPDATE posting SET closed_at = :now, close_reason = 'expired', match_due = 0
	FROM past WHERE posting.id = past.id
	RETURNING posting.id, title, company, url
)
SELECT id, title, company, url,
	(SELECT text FROM location WHERE posting_id = closed.id AND n = 0) AS place
FROM closed ORDER BY id;

-- Keeps what happened to a posting.
-- name: posting_event_add
-- args: posting:int kind:text now:int what:list?
-- many: rows
INSERT INTO posting_event (posting_id, kind, at, what)
VALUES (:posting, :kind, :now, :what);

-- Adds the nth place of a posting.
-- name: location_add
-- args: posting:int n:int text:text city:text? region:text? country:text?
-- many: rows
INSERT INTO location (posting_id, n, text, city, region, country)
VALUES (:posting, :n, :text, :city, :region, :country);

-- Takes all places from a posting, before it gets others.
-- name: location_clear
-- args: posting:int
DELETE FROM location WHERE posting_id = :posting;

-- Adds a skill to a posting.
-- name: posting_skill_add
-- args: posting:int skill:text
-- many: rows
INSERT INTO posting_skill (posting_id, skill)
VALUES (:posting, :skill);

-- Takes all skills from a posting, before it gets others.
-- name: posting_skill_clear
-- args: posting:int
DELETE FROM posting_skill WHERE posting_id = :posting;

-- One posting, whole.
-- name: posting_get
-- args: id:int
-- cols: external_id:text requisition:text? title:text company:text description:text url:text
-- cols: apply_url:text employment_type:text? level:text? remote:text? department:text?
-- cols: salary_min:int? salary_max:int? salary_currency:text? salary_period:text? language:text?
-- cols: posted_at:int? posted_flags:int updated_at:int? valid_through:int? hash:blob
-- cols: dedupe_key:int
SELECT external_id, requisition, title, company, description, url, apply_url, employment_type,
	level, remote, department, salary_min, salary_max, salary_currency, salary_period, language,
	posted_at, posted_flags, updated_at, valid_through, hash, dedupe_key
FROM posting WHERE id = :id;

-- The places of a posting, the primary one first.
-- name: location_of
-- args: posting:int
-- cols: text:text city:text? region:text? country:text?
SELECT text, city, region, country FROM location WHERE posting_id = :posting ORDER BY n;

-- The skills of a posting.
-- name: posting_skill_of
-- args: posting:int
-- cols: skill:text
SELECT skill FROM posting_skill WHERE posting_id = :posting ORDER BY skill;
