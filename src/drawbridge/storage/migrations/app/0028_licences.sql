-- Licences that people hold under an operator, and what the licence server last said of them.

CREATE TABLE licences (
    owner TEXT PRIMARY KEY REFERENCES owners (id),
    licence_id TEXT NOT NULL,
    -- Both as they were signed; they are proven whenever they are read.
    document TEXT NOT NULL,
    lease TEXT NOT NULL DEFAULT '',
    serial INTEGER NOT NULL DEFAULT 0,
    added_ms INTEGER NOT NULL,
    -- The question under way: it keeps its nonce until it is answered, so that it counts once.
    nonce TEXT NOT NULL DEFAULT '',
    act TEXT NOT NULL DEFAULT '',
    key_id TEXT NOT NULL DEFAULT '',
    wish_n INTEGER,
    next_ms INTEGER NOT NULL DEFAULT 0,
    -- Why it was last answered with a no, or not at all.
    problem TEXT NOT NULL DEFAULT '',
    problem_facts TEXT NOT NULL DEFAULT '{}',
    told_state TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- By which mark a key's account was bound, and why it could not be.
CREATE TABLE licence_accounts (
    key_id TEXT PRIMARY KEY REFERENCES keys (id),
    owner TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    -- Set when another key of the same account was proven to stand here now.
    is_followed INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    problem_facts TEXT NOT NULL DEFAULT '{}',
    tried_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX licence_accounts_of_owner ON licence_accounts (owner);

-- What people wish of the licence server; the gateway's process asks it.
CREATE TABLE licence_wishes (
    n INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    act TEXT NOT NULL,
    key_id TEXT NOT NULL DEFAULT '',
    -- A recovery code, sealed to this machine until it was used.
    sealed BLOB,
    asked_ms INTEGER NOT NULL,
    done_ms INTEGER,
    code TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX licence_wishes_open ON licence_wishes (owner, n) WHERE done_ms IS NULL;

-- The latest moment that was seen here, and the latest list of what is revoked.
CREATE TABLE licence_time (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    seen_ms INTEGER NOT NULL,
    revocations TEXT NOT NULL
) STRICT;

INSERT INTO licence_time VALUES (1, 0, '');

-- Rises with every change of what orders are judged by.
CREATE TABLE licence_changes (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n INTEGER NOT NULL
) STRICT;

INSERT INTO licence_changes VALUES (1, 0);

CREATE TRIGGER licences_added AFTER INSERT ON licences BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
CREATE TRIGGER licences_changed AFTER UPDATE OF document, lease ON licences BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
CREATE TRIGGER licences_removed AFTER DELETE ON licences BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
CREATE TRIGGER licence_accounts_refused AFTER UPDATE OF problem ON licence_accounts BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
CREATE TRIGGER licence_accounts_tried AFTER INSERT ON licence_accounts BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
CREATE TRIGGER licence_time_changed AFTER UPDATE OF revocations ON licence_time BEGIN
    UPDATE licence_changes SET n = n + 1;
END;
