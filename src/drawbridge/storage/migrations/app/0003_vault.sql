-- Exchange keys and their sealed secrets, and how the vault's passphrase reaches its holder.

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL CHECK (venue IN ('live', 'paper')),
    label TEXT NOT NULL,
    label_folded TEXT NOT NULL,
    public_key TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}',
    scopes TEXT NOT NULL DEFAULT '',
    expires_ms INTEGER,
    account_hint TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    checked_ms INTEGER,
    check_requested_ms INTEGER,
    -- Rises with every new secret of this key; it is bound into the seal.
    version INTEGER NOT NULL DEFAULT 1,
    -- A deleted key keeps its row, because history refers to it; its secret is gone.
    deleted_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX keys_label ON keys (owner, label_folded) WHERE deleted_ms IS NULL;
CREATE UNIQUE INDEX keys_public_key ON keys (exchange, venue, public_key)
    WHERE deleted_ms IS NULL;
CREATE INDEX keys_asked_for_check ON keys (check_requested_ms)
    WHERE check_requested_ms IS NOT NULL;

CREATE TABLE key_secrets (
    key_id TEXT NOT NULL REFERENCES keys (id),
    field TEXT NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (key_id, field)
) STRICT;

-- One row: whether the vault is there and open, who holds it, and to whom secrets are sealed.
CREATE TABLE vault_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    state TEXT NOT NULL CHECK (state IN ('absent', 'locked', 'open')),
    public_key BLOB,
    error TEXT NOT NULL DEFAULT '',
    error_facts TEXT NOT NULL DEFAULT '{}',
    -- The key of the process that holds the vault now; passphrases are sealed to it.
    holder_key BLOB,
    updated_ms INTEGER NOT NULL
) STRICT;

-- Deleted as soon as they are read.
CREATE TABLE vault_requests (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    wish TEXT NOT NULL CHECK (wish IN ('create', 'unlock')),
    sealed_passphrase BLOB,
    created_ms INTEGER NOT NULL
) STRICT;
