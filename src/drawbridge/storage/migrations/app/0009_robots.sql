-- Robots on several accounts, decisions by account and tag, candles shared by all robots.

-- Rises with every change of a robot that its runner must see; a robot carries the number of its
-- last one, so that only what has changed is read again.
CREATE TABLE robot_changes (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n INTEGER NOT NULL
) STRICT;

INSERT INTO robot_changes VALUES (1, 1);

CREATE TABLE robots_now (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    symbol TEXT NOT NULL,
    interval_ms INTEGER NOT NULL,
    strategy TEXT NOT NULL,
    -- JSON objects and arrays; amounts are exact texts.
    settings TEXT NOT NULL,
    guards TEXT NOT NULL,
    confirm TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('long', 'short', 'both')),
    acts_on TEXT NOT NULL CHECK (acts_on IN ('candle', 'tick', 'signal')),
    on_stop TEXT NOT NULL CHECK (on_stop IN ('market', 'limit', 'keep')),
    joins INTEGER NOT NULL,
    -- These three sum up those of its accounts.
    status TEXT NOT NULL CHECK (
        status IN ('stopped', 'starting', 'started', 'stopping', 'paused')
    ),
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    -- The market's lot step, known once it was started: less than that is no position.
    quantity_step TEXT NOT NULL DEFAULT '0',
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    -- A deleted robot keeps its row, because its orders refer to it.
    deleted_ms INTEGER,
    change INTEGER NOT NULL DEFAULT 1
) STRICT;

INSERT INTO robots_now (
    id, owner, name, name_folded, exchange, venue, symbol, interval_ms, strategy, settings,
    guards, confirm, direction, acts_on, on_stop, joins, status, reason, facts, quantity_step,
    created_ms, changed_ms, deleted_ms
)
SELECT
    id, owner, name, name_folded, exchange, venue, symbol, interval_ms, strategy, settings,
    '{}', '[]', 'long', 'candle', CASE on_stop WHEN 'sell' THEN 'market' ELSE on_stop END, joins,
    status, reason, facts, quantity_step, created_ms, changed_ms, deleted_ms
FROM robots;

-- A robot on each of its accounts: what one does or waits for there is no other one's business.
CREATE TABLE robot_accounts (
    robot_id TEXT NOT NULL REFERENCES robots_now (id),
    key_id TEXT NOT NULL REFERENCES keys (id),
    -- The order in which a person named them.
    place INTEGER NOT NULL,
    amount TEXT NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('stopped', 'starting', 'started', 'stopping', 'paused')
    ),
    -- Why it is paused, or what it waits for.
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    -- What its strategy said last and what its guards remember, as of one candle; it stands
    -- unchanged while nothing is said or traded, whatever candles follow.
    standing TEXT NOT NULL DEFAULT '[]',
    -- What an order strategy remembers, written together with the fills that it has seen.
    memory TEXT NOT NULL DEFAULT '{}',
    -- Set when the account is to be taken off the robot once it has stopped there.
    leaves INTEGER NOT NULL DEFAULT 0,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (robot_id, key_id)
) STRICT, WITHOUT ROWID;

INSERT INTO robot_accounts (
    robot_id, key_id, place, amount, status, reason, facts, standing, changed_ms
)
SELECT
    id, key_id, 0, amount, status, reason, facts,
    CASE json_array_length(state) WHEN 3
        THEN json_array(json(state), coalesce(last_candle_ms, 0)) ELSE '[]' END,
    changed_ms
FROM robots;

-- One row per decision, written before its order is placed and in one transaction with the
-- candle, signal or fill that it came from: whatever dies afterwards, the same decision is never
-- made twice, because its tag names it for ever.
CREATE TABLE robot_decisions_now (
    robot_id TEXT NOT NULL REFERENCES robots_now (id),
    key_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    moment_ms INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity TEXT NOT NULL,
    -- NULL: at market.
    price TEXT,
    reduces INTEGER NOT NULL DEFAULT 0,
    -- Rises when the exchange certainly did not take the order and it is tried once more.
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (state IN ('open', 'leaving', 'done', 'refused', 'dropped')),
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (robot_id, key_id, tag)
) STRICT, WITHOUT ROWID;

INSERT INTO robot_decisions_now (
    robot_id, key_id, tag, moment_ms, side, quantity, reduces, attempt, state, reason
)
SELECT
    robot_id, key_id, side || ':' || moment_ms, moment_ms, side, quantity, 0, attempt,
    robot_decisions.state, robot_decisions.reason
FROM robot_decisions JOIN robots ON robots.id = robot_id;

-- Candles of markets on which robots work, each once, however many robots look at it: the newest
-- few hundred, or as many as the robot that looks back furthest needs.
CREATE TABLE robot_series (
    id INTEGER PRIMARY KEY,
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    symbol TEXT NOT NULL,
    interval_ms INTEGER NOT NULL,
    -- The newest candle that robots have acted upon.
    last_ms INTEGER NOT NULL,
    UNIQUE (exchange, venue, symbol, interval_ms)
) STRICT;

CREATE TABLE robot_series_candles (
    series_id INTEGER NOT NULL REFERENCES robot_series (id),
    open_time_ms INTEGER NOT NULL,
    open TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    volume TEXT NOT NULL,
    PRIMARY KEY (series_id, open_time_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO robot_series (exchange, venue, symbol, interval_ms, last_ms)
SELECT exchange, venue, symbol, interval_ms, max(open_time_ms)
FROM robot_candles JOIN robots ON robots.id = robot_id
GROUP BY exchange, venue, symbol, interval_ms;

INSERT OR IGNORE INTO robot_series_candles
SELECT robot_series.id, open_time_ms, open, high, low, close, volume
FROM robot_candles JOIN robots ON robots.id = robot_id
JOIN robot_series USING (exchange, venue, symbol, interval_ms);

DROP TABLE robot_candles;
DROP TABLE robot_decisions;
DROP TABLE robots;
ALTER TABLE robots_now RENAME TO robots;
ALTER TABLE robot_decisions_now RENAME TO robot_decisions;

CREATE UNIQUE INDEX robots_name ON robots (owner, name_folded) WHERE deleted_ms IS NULL;
CREATE INDEX robots_at_work ON robots (status) WHERE status <> 'stopped';
CREATE INDEX robots_by_change ON robots (change);
CREATE INDEX robot_accounts_of_key ON robot_accounts (key_id);
CREATE INDEX robot_decisions_open ON robot_decisions (robot_id, key_id)
    WHERE state IN ('open', 'leaving');

CREATE TRIGGER robot_account_made AFTER INSERT ON robot_accounts BEGIN
    UPDATE robot_changes SET n = n + 1;
    UPDATE robots SET change = (SELECT n FROM robot_changes) WHERE id = NEW.robot_id;
END;
CREATE TRIGGER robot_account_moved AFTER UPDATE OF status, amount, leaves ON robot_accounts BEGIN
    UPDATE robot_changes SET n = n + 1;
    UPDATE robots SET change = (SELECT n FROM robot_changes) WHERE id = NEW.robot_id;
END;
CREATE TRIGGER robot_account_left AFTER DELETE ON robot_accounts BEGIN
    UPDATE robot_changes SET n = n + 1;
    UPDATE robots SET change = (SELECT n FROM robot_changes) WHERE id = OLD.robot_id;
END;
