-- A robot's accounts may be worked for by several processes: each shard in which it has accounts
-- acts on a signal once, and the signal is over when all have.

CREATE TABLE signal_shards (
    n INTEGER NOT NULL REFERENCES signals (n),
    shard INTEGER NOT NULL,
    -- Set in the transaction of what came of it there; the signal itself has the best of all.
    acted_ms INTEGER,
    outcome TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (n, shard)
) STRICT, WITHOUT ROWID;

CREATE INDEX signal_shards_new ON signal_shards (n, shard) WHERE acted_ms IS NULL;

-- What still waits is acted on by one process for all.
INSERT INTO signal_shards (n, shard) SELECT n, 0 FROM signals WHERE acted_ms IS NULL;
