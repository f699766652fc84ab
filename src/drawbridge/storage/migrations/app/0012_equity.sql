-- What each key's account held and was worth at moments of its past. All are kept for 90 days,
-- after that one for each day and those around transfers.
CREATE TABLE account_snapshots (
    key_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- In which currency the values are told.
    currency TEXT NOT NULL,
    -- A JSON object: currency to [amount, value], both exact texts; no value where no price was.
    held TEXT NOT NULL,
    -- Up to which moment of the exchange's clock trades are in these balances; nothing as long as
    -- the exchange has not told what was traded since the snapshot before.
    settled_ms INTEGER,
    -- A JSON object: currency to what came in (below zero: went out) since the last snapshot that
    -- is settled.
    transfers TEXT NOT NULL DEFAULT '{}',
    -- A JSON object: currency to the amount without the profit of open positions, where there are
    -- contracts and what is held is told with it.
    wallets TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (key_id, at_ms)
) STRICT, WITHOUT ROWID;
