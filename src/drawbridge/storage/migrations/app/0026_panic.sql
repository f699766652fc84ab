-- What is to be done about keys that may have leaked: orders to cancel, exchanges to ask.

CREATE TABLE cancel_wishes (
    -- "key:<id>", or whom the journal names for the orders of a virtual key, "virtual:<id>".
    subject TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    asked_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was done on a key's account since a time; the newest question about each key.
CREATE TABLE leak_inquiries (
    key_id TEXT PRIMARY KEY REFERENCES keys (id),
    since_ms INTEGER NOT NULL,
    asked_ms INTEGER NOT NULL,
    -- Set by the gateway's process, with what the exchange told, as JSON.
    answered_ms INTEGER,
    answer TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX leak_inquiries_open ON leak_inquiries (asked_ms) WHERE answered_ms IS NULL;
