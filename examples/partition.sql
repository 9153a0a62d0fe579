-- Makes visit and posting_event partitioned by month on PostgreSQL, see jobping-scaling(7).  Stop the
-- programs first; then, once:
--
--	psql -v ON_ERROR_STOP=1 -f partition.sql postgresql://jp@db.example.org/jobping
--
-- Afterwards, each month, before it begins:  SELECT jp_partition(now() + interval '1 month');
-- and instead of waiting for jp-db gc:       DROP TABLE visit_2026_01;
--
-- The programs need nothing else: they name rows by id, and the ids go on.  What is lost is that the
-- database itself keeps an id from being there twice in different months; ids come from a sequence.

BEGIN;

-- The partitions of the month that a time lies in, where they are missing.
CREATE OR REPLACE FUNCTION jp_partition(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	first timestamptz := date_trunc('month', month, 'UTC');
	ms_from bigint := extract(epoch FROM first) * 1000;
	ms_to bigint := extract(epoch FROM date_trunc('month', first + interval '32 days', 'UTC')) * 1000;
	parent text;
BEGIN
	FOREACH parent IN ARRAY ARRAY['visit', 'posting_event'] LOOP
		EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
			parent || to_char(first AT TIME ZONE 'UTC', '_YYYY_MM'), parent, ms_from, ms_to);
	END LOOP;
END $$;

ALTER TABLE visit RENAME TO visit_before;
ALTER TABLE posting_event RENAME TO posting_event_before;
ALTER INDEX visit_board RENAME TO visit_board_before;
ALTER INDEX visit_at RENAME TO visit_at_before;
ALTER INDEX posting_event_posting RENAME TO posting_event_posting_before;
ALTER INDEX posting_event_at RENAME TO posting_event_at_before;

-- A key of a partitioned table has the column it is partitioned by.
CREATE TABLE visit (
	LIKE visit_before INCLUDING DEFAULTS INCLUDING IDENTITY,
	PRIMARY KEY (id, at),
	FOREIGN KEY (board_id) REFERENCES board (id) ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE INDEX visit_board ON visit (board_id, at);
CREATE INDEX visit_at ON visit (at);

CREATE TABLE posting_event (
	LIKE posting_event_before INCLUDING DEFAULTS INCLUDING IDENTITY,
	PRIMARY KEY (id, at),
	FOREIGN KEY (posting_id) REFERENCES posting (id) ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE INDEX posting_event_posting ON posting_event (posting_id, at);
CREATE INDEX posting_event_at ON posting_event (at);

-- This month and the next; all that is older, or comes when a month was forgotten, lies in the last
-- ones, from which jp-db gc removes it.
SELECT jp_partition(now()), jp_partition(date_trunc('month', now(), 'UTC') + interval '32 days');
CREATE TABLE visit_rest PARTITION OF visit DEFAULT;
CREATE TABLE posting_event_rest PARTITION OF posting_event DEFAULT;

INSERT INTO visit SELECT * FROM visit_before;
INSERT INTO posting_event SELECT * FROM posting_event_before;
SELECT setval(pg_get_serial_sequence('visit', 'id'),
	greatest(coalesce(pg_sequence_last_value(CAST(pg_get_serial_sequence('visit_before', 'id') AS regclass)), 1), 1));
SELECT setval(pg_get_serial_sequence('posting_event', 'id'),
	greatest(coalesce(pg_sequence_last_value(CAST(pg_get_serial_sequence('posting_event_before', 'id') AS regclass)), 1), 1));
DROP TABLE visit_before, posting_event_before;

COMMIT;
