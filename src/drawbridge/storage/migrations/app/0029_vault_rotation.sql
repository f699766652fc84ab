-- The vault's key can be replaced while its secrets are in use.

-- What is wished for is answered or dropped by the next holder: nothing in it has to be kept.
DROP TABLE vault_requests;

CREATE TABLE vault_requests (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    wish TEXT NOT NULL CHECK (wish IN ('create', 'unlock', 'rotate', 'destroy', 'keep')),
    sealed_passphrase BLOB,
    created_ms INTEGER NOT NULL
) STRICT;

-- What the key file is wrapped under, so that people are asked for a passphrase only where one is.
ALTER TABLE vault_state ADD COLUMN wrap TEXT NOT NULL DEFAULT '';

CREATE TABLE vault_rotations (
    n INTEGER PRIMARY KEY,
    -- Fingerprints of public halves, in hexadecimal digits.
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    begun_ms INTEGER NOT NULL,
    -- How many values were sealed anew so far, and how many could not be opened.
    resealed INTEGER NOT NULL DEFAULT 0,
    damaged INTEGER NOT NULL DEFAULT 0,
    resealed_ms INTEGER,
    destroyed_ms INTEGER
) STRICT;
