-- What was answered to requests of programs that came with an idempotency key. `name` is a hash of
-- token and key; `request` tells another request from the same one and can be reckoned only by
-- who knows the key. Without a status, the request is under way or was cut off.

CREATE TABLE api_answers (
    name BLOB PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    request BLOB NOT NULL,
    begun_ms INTEGER NOT NULL,
    status INTEGER,
    body BLOB
) STRICT;

CREATE INDEX api_answers_by_time ON api_answers (begun_ms);
