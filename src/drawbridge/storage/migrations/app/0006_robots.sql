-- Robots, where each stands, and every order that one of them decided on.

CREATE TABLE robots (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    key_id TEXT NOT NULL REFERENCES keys (id),
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    symbol TEXT NOT NULL,
    interval_ms INTEGER NOT NULL,
    strategy TEXT NOT NULL,
    -- JSON objects and arrays; amounts are exact texts.
    settings TEXT NOT NULL,
    amount TEXT NOT NULL,
    on_stop TEXT NOT NULL CHECK (on_stop IN ('sell', 'keep')),
    joins INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('stopped', 'starting', 'started', 'stopping', 'paused')
    ),
    -- Why it is paused, or what it waits for.
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    -- The strategy's state after the last candle that it has seen, and what it said last.
    state TEXT NOT NULL DEFAULT '[]',
    stance INTEGER NOT NULL DEFAULT 0,
    last_candle_ms INTEGER,
    -- The market's lot step, known once it was started: less than that is no position.
    quantity_step TEXT NOT NULL DEFAULT '0',
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    -- A deleted robot keeps its row, because its orders refer to it.
    deleted_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX robots_name ON robots (owner, name_folded) WHERE deleted_ms IS NULL;
CREATE INDEX robots_at_work ON robots (status) WHERE status <> 'stopped';

-- One row per decision, written before its order is placed and in one transaction with the
-- candle that it came from: whatever dies afterwards, the same decision is never made twice.
CREATE TABLE robot_decisions (
    robot_id TEXT NOT NULL REFERENCES robots (id),
    moment_ms INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity TEXT NOT NULL,
    -- Rises when the exchange certainly did not take the order and it is tried once more.
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused', 'dropped')),
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (robot_id, moment_ms, side)
) STRICT, WITHOUT ROWID;

CREATE INDEX robot_decisions_open ON robot_decisions (robot_id) WHERE state = 'open';

-- The candles that a robot has seen, the newest few hundred: its chart and its equity are drawn
-- from them by processes that ask no exchange.
CREATE TABLE robot_candles (
    robot_id TEXT NOT NULL REFERENCES robots (id),
    open_time_ms INTEGER NOT NULL,
    open TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    volume TEXT NOT NULL,
    PRIMARY KEY (robot_id, open_time_ms)
) STRICT, WITHOUT ROWID;
