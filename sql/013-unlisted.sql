-- Migration 13: a visit that finds a board as it was writes none of its postings.  What the last
-- listing had was seen at the board's last success; only what it lacked has a time of its own.

-- 1: the last listing of its board lacked it, and last_seen is when one had it; of open postings.
ALTER TABLE posting ADD COLUMN unlisted INTEGER NOT NULL DEFAULT 0;
UPDATE posting SET unlisted = 1
WHERE closed_at IS NULL AND last_seen < COALESCE(
	(SELECT board.last_success_at FROM board WHERE board.id = posting.board_id), last_seen);
CREATE INDEX posting_unlisted ON posting (board_id) WHERE unlisted = 1 AND closed_at IS NULL;
