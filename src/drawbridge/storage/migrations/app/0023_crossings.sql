-- What bots sent through us and what came of it, oldest first; only so many rows are kept.

CREATE TABLE crossings (
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    -- Whose virtual key the request named; empty where it named none that there is.
    owner TEXT NOT NULL,
    virtual_id TEXT NOT NULL,
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    -- The row of the endpoint table, empty where there is none.
    endpoint TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'told', 'refused', 'down', 'unknown')),
    -- Why: one of our error codes, and for a refusal of ours the rule; empty for what passed.
    code TEXT NOT NULL,
    rule TEXT NOT NULL,
    status INTEGER NOT NULL,
    took_us INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    answered_bytes INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT;

CREATE INDEX crossings_of_owner ON crossings (owner, n);
CREATE INDEX crossings_of_virtual_key ON crossings (virtual_id, n);
