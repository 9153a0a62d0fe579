-- Migration 11: descriptions that are asked for apart are read again now and then.

-- When the details of a posting were read.
ALTER TABLE listed ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;
UPDATE listed SET read_at = coalesce(
	(SELECT posting.first_seen FROM posting WHERE posting.id = listed.posting_id), 0);
