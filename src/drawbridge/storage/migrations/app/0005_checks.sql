-- What each check of a key found, step by step, so that pages can show it while it runs.

CREATE TABLE check_steps (
    key_id TEXT NOT NULL,
    check_no INTEGER NOT NULL,
    step TEXT NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'ok', 'failed', 'skipped')),
    code TEXT NOT NULL DEFAULT '',
    -- A JSON object: what the sentence of the code needs; never a secret.
    facts TEXT NOT NULL DEFAULT '{}',
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, check_no, step)
) STRICT, WITHOUT ROWID;
