-- What a person said of a key's life, and trades on its account that were not made here.

-- When it was made at the exchange, which some exchanges do not tell.
ALTER TABLE keys ADD COLUMN made_ms INTEGER;
-- From where the end is known: the exchange, the day its owner named, the day it was added here.
ALTER TABLE keys ADD COLUMN dated TEXT NOT NULL DEFAULT ''
    CHECK (dated IN ('', 'exchange', 'owner', 'adding'));
-- So long before its end robots pause; with closes, they close their positions first.
ALTER TABLE keys ADD COLUMN pause_before_ms INTEGER NOT NULL DEFAULT 86400000;
ALTER TABLE keys ADD COLUMN closes INTEGER NOT NULL DEFAULT 0;
-- Whether trades that were not made here raise an alarm.
ALTER TABLE keys ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;

CREATE TABLE foreign_trades (
    key_id TEXT NOT NULL REFERENCES keys (id),
    symbol TEXT NOT NULL,
    -- As the exchange calls them.
    trade_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, symbol, trade_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX foreign_trades_by_time ON foreign_trades (key_id, time_ms);

-- Until when a key's account was looked through in a market for trades of others.
CREATE TABLE foreign_looks (
    key_id TEXT NOT NULL REFERENCES keys (id),
    symbol TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, symbol)
) STRICT, WITHOUT ROWID;
