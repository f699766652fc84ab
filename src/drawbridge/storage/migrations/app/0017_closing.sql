-- How a robot closes at this stop, where that is another way than the one chosen for it.

ALTER TABLE robots ADD COLUMN closes_by TEXT NOT NULL DEFAULT ''
    CHECK (closes_by IN ('', 'market', 'limit', 'keep'));
