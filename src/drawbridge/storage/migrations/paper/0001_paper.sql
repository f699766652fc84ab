-- The paper exchanges: what their world is set to, people's accounts and keys, and everything
-- that ever happened, as events over the last snapshot.

CREATE TABLE paper_settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- An account is opened by any process; its money is credited by the one that runs the world.
CREATE TABLE paper_accounts (
    id TEXT PRIMARY KEY,
    created_ms INTEGER NOT NULL
) STRICT;

-- `material` is what the exchange verifies with: a shared secret or a public key. A real
-- exchange keeps the same; it opens nothing but play money.
CREATE TABLE paper_keys (
    exchange TEXT NOT NULL,
    key TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES paper_accounts (id),
    label TEXT NOT NULL,
    switches TEXT NOT NULL,
    ip_list TEXT NOT NULL,
    expires_ms INTEGER,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_ms INTEGER NOT NULL,
    -- As text: a nonce may be wider than SQLite's integers.
    last_nonce TEXT NOT NULL DEFAULT '0',
    material TEXT NOT NULL,
    passphrase TEXT,
    PRIMARY KEY (exchange, key)
) STRICT;

CREATE INDEX paper_keys_by_account ON paper_keys (account, created_ms);

-- Commands with everything that they made happen; those that reached the disk together are one
-- row, and `n` is the number of the last of them. Rows are kept until a snapshot holds their sum.
CREATE TABLE paper_commands (
    n INTEGER PRIMARY KEY,
    batch TEXT NOT NULL
) STRICT;

CREATE TABLE paper_snapshots (
    n INTEGER PRIMARY KEY,
    state BLOB NOT NULL
) STRICT;
