-- Alerts: boards whose failing persists, and what the operator was told of them (C02).
--
-- What there is to tell follows from the board alone (failing, disabled, recovered), so it makes no
-- difference which run finds it.  Telling is claimed by lease.

-- Opens an alert for each board that failed so often in a row, or for so long, or was disabled for it;
-- one that is open stays.
-- name: alert_open
-- args: now:int failures:int before:int
INSERT INTO alert (board_id, opened_at)
SELECT id, :now FROM board
WHERE failing_since IS NOT NULL
	AND (failures >= :failures OR failing_since <= :before OR disabled_at IS NOT NULL)
ON CONFLICT (board_id) DO NOTHING;

-- Forgets boards that recovered before anybody was told.
-- name: alert_forget
-- args: now:int
-- scan: a row a board in trouble
DELETE FROM alert WHERE told IS NULL AND lease_until <= :now
	AND EXISTS (SELECT 1 FROM board WHERE board.id = alert.board_id AND board.failing_since IS NULL);

-- Claims alerts of which the operator knows something else than what is, or nothing.
-- name: alert_claim
-- args: now:int lease_until:int worker:text limit:int
-- cols: board_id:int
-- scan: a row a board in trouble
UPDATE alert SET teller = :worker, lease_until = :lease_until
WHERE lease_until <= :now AND board_id IN (
	SELECT a.board_id FROM alert a JOIN board b ON b.id = a.board_id
	WHERE a.lease_until <= :now
		AND CASE WHEN b.failing_since IS NULL THEN 'recovered'
			WHEN b.disabled_at IS NULL THEN 'failing' ELSE 'disabled' END
			<> coalesce(a.told, '')
	ORDER BY a.board_id LIMIT :limit)
RETURNING board_id;

-- Keeps what the operator was told, for the one that told it.
-- name: alert_told
-- args: id:int worker:text told:text now:int
UPDATE alert SET told = :told, told_at = :now, teller = NULL, lease_until = 0
WHERE board_id = :id AND teller = :worker;

-- Ends the alert of a board that recovered, for the one that told so.
-- name: alert_over
-- args: id:int worker:text
DELETE FROM alert WHERE board_id = :id AND teller = :worker;

-- Drops the alert of a board that the operator switches on or off.
-- name: alert_drop
-- args: id:int
DELETE FROM alert WHERE board_id = :id;
