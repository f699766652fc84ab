-- Backtests and searches that a person ordered, how far each is, and what came of it.

CREATE TABLE trials (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    -- JSON objects: what was ordered, as it was written; and the sheet that came of it.
    wish TEXT NOT NULL,
    sheet TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (status IN ('wished', 'running', 'done', 'failed', 'stopped')),
    -- How many of how many runs are done.
    done INTEGER NOT NULL DEFAULT 0,
    runs INTEGER NOT NULL DEFAULT 1,
    -- Why it failed: a code with its facts.
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX trials_of_owner ON trials (owner, created_ms);
CREATE INDEX trials_to_do ON trials (created_ms) WHERE status IN ('wished', 'running');
