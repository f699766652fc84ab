-- Open orders on accounts and markets of robots at work that were not placed here. They are told
-- of and otherwise left alone; a row goes when its order is not open any more, and all of a market
-- go when no robot works there.

CREATE TABLE foreign_orders (
    key_id TEXT NOT NULL REFERENCES keys (id),
    symbol TEXT NOT NULL,
    -- As the exchange calls it.
    order_id TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, symbol, order_id)
) STRICT, WITHOUT ROWID;
