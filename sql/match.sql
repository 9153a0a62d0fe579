-- Statements of matching: saved searches as rows, what is due, and the matches found.  Whether a
-- search or a posting is due is a column of its own; nothing is found by "id greater than the last".

-- Saved searches, the oldest first: all, or one, a subscriber's, those of active subscribers (which
-- are not paused), those due.
-- name: search_rows
-- args: id:int? subscriber:int? status:text? due:int?
-- cols: id:int subscriber_id:int name:text query:text titles:list skills:list locations:list remote:list levels:list types:list companies_in:list companies_out:list languages:list salary_min:int? salary_currency:text? salary_period:text? max_age_ms:int? min_score:int? frequency:text? revision:int paused_at:int?
-- scan: the index of searches is made of all of them, once a run
SELECT s.id AS id, s.subscriber_id AS subscriber_id, s.name AS name, s.query AS query,
	s.titles AS titles, s.skills AS skills, s.locations AS locations, s.remote AS remote,
	s.levels AS levels, s.types AS types, s.companies_in AS companies_in,
	s.companies_out AS companies_out, s.languages AS languages, s.salary_min AS salary_min,
	s.salary_currency AS salary_currency, s.salary_period AS salary_period,
	s.max_age_ms AS max_age_ms, s.min_score AS min_score, s.frequency AS frequency,
	s.revision AS revision, s.paused_at AS paused_at
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.id > 0
	/*? AND s.id = :id ?*/
	/*? AND s.subscriber_id = :subscriber ?*/
	/*? AND s.paused_at IS NULL AND u.status = :status ?*/
	/*? AND s.match_due = 1 AND s.match_due = :due ?*/
ORDER BY s.id;

-- The search of a subscriber by its name.
-- name: search_find
-- args: subscriber:int name:text
-- cols: id:int
SELECT id FROM search WHERE subscriber_id = :subscriber AND name = :name;

-- Adds a search, to be run against the open postings; the caller has looked under the lock
-- "subscriber" that the name is new.
-- name: search_add
-- args: subscriber:int name:text query:text titles:list skills:list locations:list remote:list levels:list types:list companies_in:list companies_out:list languages:list salary_min:int? salary_currency:text? salary_period:text? max_age_ms:int? min_score:int? frequency:text? next_at:int now:int
-- gives: id
INSERT INTO search (subscriber_id, name, query, titles, skills, locations, remote, levels, types,
	companies_in, companies_out, languages, salary_min, salary_currency, salary_period,
	max_age_ms, min_score, frequency, next_at, created_at, updated_at)
VALUES (:subscriber, :name, :query, :titles, :skills, :locations, :remote, :levels, :types,
	:companies_in, :companies_out, :languages, :salary_min, :salary_currency, :salary_period,
	:max_age_ms, :min_score, :frequency, :next_at, :now, :now);

-- Replaces what a search asks for, to be run against the open postings again.
-- name: search_update
-- args: id:int query:text titles:list skills:list locations:list remote:list levels:list types:list companies_in:list companies_out:list languages:list salary_min:int? salary_currency:text? salary_period:text? max_age_ms:int? min_score:int? now:int
-- cols: revision:int
UPDATE search
SET query = :query, titles = :titles, skills = :skills, locations = :locations, remote = :remote,
	levels = :levels, types = :types, companies_in = :companies_in,
	companies_out = :companies_out, languages = :languages, salary_min = :salary_min,
	salary_currency = :salary_currency, salary_period = :salary_period,
	max_age_ms = :max_age_ms, min_score = :min_score, revision = revision + 1, match_due = 1,
	updated_at = :now
WHERE id = :id
RETURNING revision;

-- Sets how often a search is mailed, and when next.
-- name: search_set_frequency
-- args: id:int frequency:text? next_at:int now:int
UPDATE search SET frequency = :frequency, next_at = :next_at, updated_at = :now WHERE id = :id;

-- Removes a search of the subscriber, with its matches (by cascade).
-- name: search_remove
-- args: subscriber:int id:int
DELETE FROM search WHERE id = :id AND subscriber_id = :subscriber;

-- Drops what a search found and no digest has delivered.
-- name: match_drop_waiting
-- args: search:int
DELETE FROM match WHERE search_id = :search AND message_id IS NULL;

-- Tells whether the searches that postings are run against are still those of a moment ago: any
-- search added, edited, removed, paused, or of a subscriber whose status changed, changes the row.
-- name: match_fingerprint
-- args:
-- cols: n:int revisions:int ids:int updated_at:int
-- scan: one pass a batch of postings, over what is in memory anyway
SELECT count(*) AS n, coalesce(sum(s.revision), 0) AS revisions, coalesce(sum(s.id), 0) AS ids,
	coalesce(max(s.updated_at), 0) AS updated_at
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.paused_at IS NULL AND u.status = 'active';

-- The next postings that were not yet run against the searches, for a run that changes nothing.
-- name: match_peek_postings
-- args: after:int limit:int
-- cols: id:int first_seen:int closed_at:int?
SELECT id, first_seen, closed_at FROM posting
WHERE match_due = 1 AND id > :after
ORDER BY id LIMIT :limit;

-- The same for the caller alone until its transaction ends: another run takes the next ones, and a
-- posting that changes meanwhile does so before it is read or after it was noted as run.
-- name: match_due_postings
-- args: after:int limit:int
-- cols: id:int first_seen:int closed_at:int?
SELECT id, first_seen, closed_at FROM posting
WHERE match_due = 1 AND id > :after
ORDER BY id LIMIT :limit;
-- name: match_due_postings @postgres
SELECT id, first_seen, closed_at FROM posting
WHERE match_due = 1 AND id > :after
ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED;

-- The postings with these ids, run before or not, for a run that changes nothing.
-- name: match_peek_chosen
-- args: ids:list
-- cols: id:int first_seen:int closed_at:int?
SELECT id, first_seen, closed_at FROM posting
WHERE id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- The same for the caller alone until its transaction ends.
-- name: match_chosen_postings
-- args: ids:list
-- cols: id:int first_seen:int closed_at:int?
SELECT id, first_seen, closed_at FROM posting
WHERE id IN (SELECT value FROM json_each(:ids))
ORDER BY id;
-- name: match_chosen_postings @postgres
SELECT id, first_seen, closed_at FROM posting
WHERE id IN (SELECT value FROM json_each(:ids))
ORDER BY id FOR NO KEY UPDATE;

-- Open postings first seen since then, for searches that are new; the page after one that was read.
-- name: match_open_postings
-- args: seen:int after:int limit:int
-- cols: id:int first_seen:int
SELECT id, first_seen FROM posting
WHERE closed_at IS NULL AND (first_seen, id) > (:seen, :after)
ORDER BY first_seen, id LIMIT :limit;

-- One open posting, as much as an explanation needs besides the posting itself.
-- name: match_posting
-- args: id:int
-- cols: first_seen:int closed_at:int?
SELECT first_seen, closed_at FROM posting WHERE id = :id;

-- Notes that a posting was run against the searches.
-- name: match_posting_done
-- args: id:int
UPDATE posting SET match_due = 0 WHERE id = :id AND match_due = 1;

-- The matches of a posting so far.
-- name: match_of_posting
-- args: posting:int
-- cols: search_id:int score:int reasons:list message_id:int?
SELECT search_id, score, reasons, message_id FROM match WHERE posting_id = :posting;

-- Adds a match, or replaces score and reasons of one that no digest has delivered; nothing where
-- search or posting were removed meanwhile.
-- name: match_put
-- args: search:int posting:int score:int reasons:list now:int
INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
VALUES (:search, :posting, :score, :reasons, :now)
ON CONFLICT (search_id, posting_id) DO UPDATE
SET score = excluded.score, reasons = excluded.reasons, matched_at = excluded.matched_at
WHERE match.message_id IS NULL;
-- name: match_put @postgres
INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
SELECT s.id, p.id, :score, :reasons, :now FROM search s JOIN posting p ON p.id = :posting
WHERE s.id = :search FOR KEY SHARE OF s, p
ON CONFLICT (search_id, posting_id) DO UPDATE
SET score = excluded.score, reasons = excluded.reasons, matched_at = excluded.matched_at
WHERE match.message_id IS NULL;

-- Removes a match that no longer holds, unless a digest has delivered it.
-- name: match_remove
-- args: search:int posting:int
DELETE FROM match
WHERE search_id = :search AND posting_id = :posting AND message_id IS NULL;

-- New and edited searches of active subscribers, with the revision that is to be run.
-- name: match_due_searches
-- args:
-- cols: id:int revision:int
SELECT s.id AS id, s.revision AS revision
FROM search s JOIN subscriber u ON u.id = s.subscriber_id
WHERE s.match_due = 1 AND s.paused_at IS NULL AND u.status = 'active';

-- Notes that a search was run against the open postings, unless it was edited meanwhile.
-- name: match_search_done
-- args: id:int revision:int
UPDATE search SET match_due = 0 WHERE id = :id AND revision = :revision AND match_due = 1;

-- Postings that have the words, the newest first, below an id.  The question is lexemes in double
-- quotes, AND, OR and parentheses; a lexeme has no blank and no quote.
-- name: find_candidates
-- args: question:text before:int closed_too:int limit:int
-- cols: id:int first_seen:int closed_at:int?
SELECT p.id, p.first_seen, p.closed_at
FROM posting_text t JOIN posting p ON p.id = t.rowid
WHERE t.posting_text MATCH :question AND t.rowid < :before
	AND (p.closed_at IS NULL OR :closed_too = 1)
ORDER BY t.rowid DESC LIMIT :limit;
-- name: find_candidates @postgres
SELECT p.id, p.first_seen, p.closed_at
FROM posting_text t JOIN posting p ON p.id = t.posting_id
WHERE t.lexemes @@ CAST(
		replace(replace(replace(:question, ' AND ', ' & '), ' OR ', ' | '), '"', '''') AS tsquery)
	AND t.posting_id < :before AND (p.closed_at IS NULL OR :closed_too = 1)
ORDER BY t.posting_id DESC LIMIT :limit;

-- The same where no word must be there.
-- name: find_any
-- args: before:int closed_too:int limit:int
-- cols: id:int first_seen:int closed_at:int?
SELECT id, first_seen, closed_at FROM posting
WHERE id < :before AND (closed_at IS NULL OR :closed_too = 1)
ORDER BY id DESC LIMIT :limit;

-- Whether a posting or a search waits to be matched: 1 or 0.
-- name: match_is_due
-- cols: due:int
SELECT CASE WHEN EXISTS (SELECT 1 FROM posting WHERE match_due = 1)
	OR EXISTS (SELECT 1 FROM search s JOIN subscriber u ON u.id = s.subscriber_id
		WHERE s.match_due = 1 AND s.paused_at IS NULL AND u.status = 'active')
	THEN 1 ELSE 0 END AS due;
