-- Every order that was ever meant, what became of it, what it filled, and the stamps used up.

CREATE TABLE orders (
    key_id TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    -- Who wanted it: "robot:<id>", "check:<number>", "person".
    origin TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    time_in_force TEXT NOT NULL,
    post_only INTEGER NOT NULL,
    -- As it was meant; the answer may only tell what was filled.
    quantity TEXT,
    quote_quantity TEXT,
    price TEXT,
    -- "intended" is on disk before the first byte leaves; found after a crash, it means unknown.
    state TEXT NOT NULL CHECK (state IN (
        'intended', 'unknown', 'open', 'partially_filled', 'filled', 'cancelled', 'expired',
        'rejected', 'refused', 'never_arrived'
    )),
    reason TEXT NOT NULL DEFAULT '',
    exchange_order_id TEXT NOT NULL DEFAULT '',
    filled TEXT NOT NULL DEFAULT '0',
    filled_quote TEXT NOT NULL DEFAULT '0',
    fee TEXT NOT NULL DEFAULT '0',
    fee_currency TEXT NOT NULL DEFAULT '',
    intended_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, client_order_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_unsettled ON orders (intended_ms)
    WHERE state IN ('intended', 'unknown', 'open', 'partially_filled');

CREATE INDEX orders_by_origin ON orders (origin, intended_ms);

CREATE TABLE fills (
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
    PRIMARY KEY (key_id, trade_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX fills_by_order ON fills (key_id, client_order_id);

-- The highest nonce that a key may have used: after a restart the next one lies above it.
CREATE TABLE used_stamps (
    key_id TEXT PRIMARY KEY,
    reserved INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
