-- An operator's licences, the accounts bound to them, and what was last answered to whom.

CREATE TABLE licences (
    id TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    -- The signed licence as it was given out.
    document TEXT NOT NULL,
    -- SHA-256 of the code with which the holder goes on elsewhere; the code itself is not kept.
    recovery_hash BLOB NOT NULL,
    issued_ms INTEGER NOT NULL,
    -- The public key of the installation that holds it now, empty while none does.
    installation TEXT NOT NULL DEFAULT '',
    serial INTEGER NOT NULL DEFAULT 0,
    -- What was last asked with, and the lease that was answered: asked again, it is told again.
    nonce TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT '',
    asked_ms INTEGER,
    -- The number of the list on which it was revoked first.
    revoked_number INTEGER,
    revoked_ms INTEGER,
    refused_code TEXT NOT NULL DEFAULT '',
    refused_ms INTEGER,
    refused_times INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX licences_revoked ON licences (revoked_number)
    WHERE revoked_number IS NOT NULL;

CREATE TABLE slots (
    n INTEGER PRIMARY KEY,
    licence_id TEXT NOT NULL REFERENCES licences (id),
    is_active INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX slots_of_licence ON slots (licence_id);

-- Keyed hashes of accounts, or of keys where an exchange tells no account; each is bound once.
CREATE TABLE marks (
    mark TEXT PRIMARY KEY,
    slot_n INTEGER NOT NULL REFERENCES slots (n),
    -- An account is known by one mark at a time; those it had before stay bound to it.
    is_current INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_of_slot ON marks (slot_n);

-- A signed request proves once.
CREATE TABLE used_proofs (
    digest BLOB PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    licence_id TEXT NOT NULL,
    act TEXT NOT NULL,
    mark TEXT NOT NULL
) STRICT;

CREATE INDEX events_of_licence ON events (licence_id, n);
