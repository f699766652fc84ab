-- Tokens with which programs use a person's account. Only their SHA-256 is kept; `scopes` is a
-- JSON list.

CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms INTEGER
) STRICT;

CREATE INDEX api_tokens_by_owner ON api_tokens (owner, created_ms);
