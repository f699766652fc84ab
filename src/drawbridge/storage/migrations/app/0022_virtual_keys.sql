-- Keys that bots have in place of real ones, what their signatures are held against, and their use.

CREATE TABLE virtual_keys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    -- The real key that signs what passes.
    key_id TEXT NOT NULL REFERENCES keys (id),
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL CHECK (venue IN ('live', 'paper')),
    label TEXT NOT NULL,
    label_folded TEXT NOT NULL,
    -- What the bot sends as its key.
    public TEXT NOT NULL,
    -- A JSON array; it only ever grows, because narrowing adds.
    restrictions TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    -- A revoked one keeps its row, because history refers to it; its sealed fields are gone.
    revoked_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX virtual_keys_public ON virtual_keys (exchange, public);
CREATE UNIQUE INDEX virtual_keys_label ON virtual_keys (owner, label_folded)
    WHERE revoked_ms IS NULL;
CREATE INDEX virtual_keys_of_key ON virtual_keys (key_id) WHERE revoked_ms IS NULL;

CREATE TABLE virtual_key_secrets (
    virtual_id TEXT NOT NULL REFERENCES virtual_keys (id),
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (virtual_id, field)
) STRICT, WITHOUT ROWID;

-- Which have changed, in which order: who keeps them in memory looks at the highest number.
CREATE TABLE virtual_key_changes (
    virtual_id TEXT PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX virtual_key_changes_by_n ON virtual_key_changes (n);

CREATE TRIGGER virtual_key_changed AFTER UPDATE ON virtual_keys BEGIN
    INSERT INTO virtual_key_changes
    VALUES (new.id, (SELECT coalesce(max(n), 0) + 1 FROM virtual_key_changes))
    ON CONFLICT (virtual_id) DO UPDATE SET n = excluded.n;
END;

-- How often each was used in an hour, and how often each rule refused it; passed is the rule ''.
CREATE TABLE virtual_uses (
    virtual_id TEXT NOT NULL,
    hour_ms INTEGER NOT NULL,
    rule TEXT NOT NULL,
    times INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (virtual_id, hour_ms, rule)
) STRICT, WITHOUT ROWID;
