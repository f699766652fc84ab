-- Exchanges number trades, some of them for each market from one on: within a key, a trade is
-- named by its market as well.

CREATE TABLE fills_now (
    key_id TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    exchange_order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    fee TEXT NOT NULL,
    fee_currency TEXT NOT NULL,
    is_maker INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, symbol, trade_id)
) STRICT, WITHOUT ROWID;

INSERT INTO fills_now SELECT * FROM fills;

DROP TABLE fills;
ALTER TABLE fills_now RENAME TO fills;

CREATE INDEX fills_by_order ON fills (key_id, client_order_id);
