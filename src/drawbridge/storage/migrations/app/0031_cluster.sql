-- Who works for which accounts: workers, and their claims of shards, each with an end.

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    -- Where it takes what bots sent to another process, as host:port; empty where nowhere.
    address TEXT NOT NULL,
    -- Workers of one group go out by the same addresses, and so share what exchanges allow each.
    egress_group TEXT NOT NULL,
    -- As a JSON list: what people put on their keys' lists.
    egress_addresses TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    -- It is taken for living until then, by the database's clock.
    seen_until_ms INTEGER NOT NULL,
    is_draining INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- As many as core/shards.py says, from the start: a claim changes a row and never makes one.
CREATE TABLE shards (
    shard INTEGER PRIMARY KEY,
    holder TEXT NOT NULL DEFAULT '',
    -- Rises with every claim: who claimed before can neither renew nor give back what is not his.
    attempt INTEGER NOT NULL DEFAULT 0,
    until_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO shards (shard)
WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < 63)
SELECT n FROM counted;

-- Follows from the id; SQL cannot say how, so whoever writes the row does. Rows that are older
-- than this column have -1 until the gateway's process starts.
ALTER TABLE keys ADD COLUMN shard INTEGER NOT NULL DEFAULT -1;

CREATE INDEX keys_of_shard ON keys (shard, status) WHERE deleted_ms IS NULL;
CREATE INDEX keys_without_shard ON keys (id) WHERE shard = -1;
