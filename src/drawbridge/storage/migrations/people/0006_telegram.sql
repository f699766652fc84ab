-- Telegram: which chat belongs to whom, one-time codes and passes (kept as SHA-256 only), how far
-- a dialog of the bot is, and which updates it has handled. Nothing that was typed of a key.

CREATE TABLE telegram_links (
    owner TEXT PRIMARY KEY REFERENCES owners (id),
    chat INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    linked_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE telegram_codes (
    owner TEXT PRIMARY KEY REFERENCES owners (id),
    code_hash BLOB NOT NULL UNIQUE,
    until_ms INTEGER NOT NULL
) STRICT;

-- What the bot is called, told by itself when it starts.
CREATE TABLE telegram_bot (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL
) STRICT;

-- A pass opens one page, the form of a new key, without a session.
CREATE TABLE key_passes (
    token_hash BLOB PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    exchange TEXT NOT NULL,
    venue TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE telegram_talks (
    chat INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    facts TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

-- Written before an update is handled; Telegram may send it again until it is confirmed.
CREATE TABLE telegram_updates (
    bot INTEGER NOT NULL,
    update_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    is_done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bot, update_id)
) STRICT;

CREATE INDEX telegram_updates_by_time ON telegram_updates (at_ms);
