-- Backups that were made, and the recovery keys that they were made for.

CREATE TABLE recovery_keys (
    -- Of the public half, in hexadecimal digits.
    fingerprint TEXT PRIMARY KEY,
    public_key BLOB NOT NULL,
    -- Proves to the key's holder that a backup comes from here; sealed under local.key.
    sealed_origin BLOB NOT NULL,
    made_ms INTEGER NOT NULL,
    -- Backups are made for the one that has not ended.
    ended_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX recovery_keys_current ON recovery_keys ((1)) WHERE ended_ms IS NULL;

CREATE TABLE backups (
    n INTEGER PRIMARY KEY,
    made_ms INTEGER NOT NULL,
    -- What the file was called; empty where a browser took it.
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    fingerprint TEXT NOT NULL REFERENCES recovery_keys (fingerprint)
) STRICT;
