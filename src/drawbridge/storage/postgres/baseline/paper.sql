-- The paper exchange: the tables of migrations/paper at their head; needs those of people.

CREATE TABLE paper_settings (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE paper_accounts (
    id TEXT COLLATE "C" PRIMARY KEY,
    created_ms BIGINT NOT NULL
);

CREATE TABLE paper_keys (
    exchange TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES paper_accounts (id),
    label TEXT COLLATE "C" NOT NULL,
    switches TEXT COLLATE "C" NOT NULL,
    ip_list TEXT COLLATE "C" NOT NULL,
    expires_ms BIGINT,
    disabled BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_ms BIGINT NOT NULL,
    -- As text: a nonce may be wider than SQLite's integers.
    last_nonce TEXT COLLATE "C" NOT NULL DEFAULT '0',
    material TEXT COLLATE "C" NOT NULL,
    passphrase TEXT COLLATE "C",
    PRIMARY KEY (exchange, key)
);

CREATE INDEX paper_keys_by_account ON paper_keys (account, created_ms);

CREATE TABLE paper_commands (
    n BIGINT PRIMARY KEY,
    batch TEXT COLLATE "C" NOT NULL
);

CREATE TABLE paper_snapshots (
    n BIGINT PRIMARY KEY,
    state BYTEA NOT NULL
);

CREATE TABLE paper_changes (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    n BIGINT NOT NULL
);

INSERT INTO paper_changes (only_row, n) VALUES (1, 0);

CREATE FUNCTION paper_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE paper_changes SET n = n + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER paper_account_opened AFTER INSERT ON paper_accounts
    FOR EACH ROW EXECUTE FUNCTION paper_has_changed();
CREATE TRIGGER paper_key_made AFTER INSERT ON paper_keys
    FOR EACH ROW EXECUTE FUNCTION paper_has_changed();
CREATE TRIGGER paper_key_switched AFTER UPDATE OF disabled ON paper_keys
    FOR EACH ROW EXECUTE FUNCTION paper_has_changed();
CREATE TRIGGER paper_key_deleted AFTER DELETE ON paper_keys
    FOR EACH ROW EXECUTE FUNCTION paper_has_changed();
