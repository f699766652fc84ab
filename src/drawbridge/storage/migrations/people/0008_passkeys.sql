-- Passkeys: the public halves of keys that people's devices hold, and the challenges that wait for
-- an answer. Nothing in here is secret.

CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    credential_id BLOB NOT NULL UNIQUE,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- The name of the site for which the device made it; it signs for no other.
    host TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER
) STRICT;

CREATE INDEX passkeys_by_owner ON passkeys (owner, created_ms);

-- One challenge for each browser and purpose, gone with the first answer. `visitor` is the hash of
-- the token in the browser's cookie.
CREATE TABLE passkey_challenges (
    visitor BLOB NOT NULL,
    purpose TEXT NOT NULL,
    challenge BLOB NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (visitor, purpose)
) STRICT;
