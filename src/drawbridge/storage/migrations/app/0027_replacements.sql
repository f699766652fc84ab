-- Keys that are to take the place of others, and how far each replacement is.

-- The key whose place this one is to take, empty for every other key: such a row is listed nowhere.
ALTER TABLE keys ADD COLUMN replaces TEXT NOT NULL DEFAULT '';

CREATE TABLE replacements (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    key_id TEXT NOT NULL REFERENCES keys (id),
    -- Holds the new secret until the swap, and the old one from then on.
    stand_in_id TEXT NOT NULL REFERENCES keys (id),
    state TEXT NOT NULL CHECK (state IN (
        'checking', 'failed', 'proving', 'asking', 'switching', 'switched', 'turning_back',
        'retiring', 'done', 'given_up'
    )),
    -- What showed that both keys are of one account; "confirmed": their owner said so.
    proof TEXT NOT NULL DEFAULT ''
        CHECK (proof IN ('', 'account', 'order', 'holdings', 'confirmed')),
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    begun_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    switched_ms INTEGER,
    -- When its owner said last that the old key is deleted at the exchange.
    asked_ms INTEGER,
    ended_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX replacements_open ON replacements (key_id) WHERE ended_ms IS NULL;
CREATE INDEX replacements_of_key ON replacements (key_id, begun_ms);
