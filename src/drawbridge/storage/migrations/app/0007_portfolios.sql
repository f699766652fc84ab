-- What each key's account holds and is worth, as it was last read. `currency` is the one that the
-- person chose (empty: the one that most pairs of the exchange trade against).
CREATE TABLE portfolios (
    key_id TEXT PRIMARY KEY,
    currency TEXT NOT NULL DEFAULT '',
    asked_ms INTEGER NOT NULL DEFAULT 0,
    as_of_ms INTEGER NOT NULL DEFAULT 0,
    told TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT ''
) STRICT;
