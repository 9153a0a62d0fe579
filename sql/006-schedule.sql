-- Migration 6: what the scheduler learns of boards.

-- What is paced as one host, as in host.key; null: not known before the first visit.
ALTER TABLE board ADD COLUMN host TEXT;
-- The operator's: boards of twice the weight get twice the head start.
ALTER TABLE board ADD COLUMN weight INTEGER NOT NULL DEFAULT 10;
-- Between visits, as adapted to what they find; null: not yet.
ALTER TABLE board ADD COLUMN pace_ms INTEGER;
-- Postings that were new or reopened a visit, exponential average.
ALTER TABLE board ADD COLUMN yield_avg REAL NOT NULL DEFAULT 0;
-- Visits that brought a listing, exponential average.
ALTER TABLE board ADD COLUMN success_avg REAL NOT NULL DEFAULT 1;
-- A due board is treated as if it had waited for so much longer.
ALTER TABLE board ADD COLUMN head_start_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX board_turn ON board ((next_at - head_start_ms), id) WHERE disabled_at IS NULL;
CREATE INDEX board_flying ON board (host, lease_until) WHERE lease_until > 0;
