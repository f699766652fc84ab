-- People who log in, their second factor, their sessions, and failed attempts.
-- Passwords are argon2id hashes; tokens and recovery codes are kept as SHA-256 only; the secret
-- of the second factor is sealed.

CREATE TABLE owners (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

-- A row without confirmed_ms is an enrolment that waits for its first code.
CREATE TABLE second_factors (
    owner TEXT PRIMARY KEY REFERENCES owners (id),
    sealed_secret BLOB NOT NULL,
    started_ms INTEGER NOT NULL,
    confirmed_ms INTEGER,
    -- A code counts once: no step up to this one is accepted any more.
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE recovery_codes (
    owner TEXT NOT NULL REFERENCES owners (id),
    code_hash BLOB NOT NULL,
    used_ms INTEGER,
    PRIMARY KEY (owner, code_hash)
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_owner ON sessions (owner);

-- Every attempt is written before it is judged and taken out when it succeeds, so that
-- attempts made at the same moment cannot slip past the limit together.
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX attempts_by_subject ON attempts (subject, at_ms);
CREATE INDEX attempts_by_time ON attempts (at_ms);
