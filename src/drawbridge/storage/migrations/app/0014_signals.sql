-- Signals from outside: the hooks by which they come, and what came.

-- One hook for a robot. Its secret is drawn by us and stands here as a hash alone.
CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    robot_id TEXT NOT NULL UNIQUE,
    -- What the robot was called when the hook was made, for notices about it.
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    n INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    robot_id TEXT NOT NULL,
    -- What makes it one signal: its id, or its time and action.
    name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('buy', 'sell', 'close')),
    price TEXT,
    sent_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    -- Set in the transaction of what came of it, so that it acts at most once.
    acted_ms INTEGER,
    -- The code of why nothing came of it, empty where something did.
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX signals_once ON signals (robot_id, name);
CREATE INDEX signals_new ON signals (n) WHERE acted_ms IS NULL;
