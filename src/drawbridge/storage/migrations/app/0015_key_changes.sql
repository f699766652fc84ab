-- Which keys have changed, in which order: who keeps keys in memory looks at the highest number.

CREATE TABLE key_changes (
    key_id TEXT PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX key_changes_by_n ON key_changes (n);

-- Whatever changes a row of keys, whichever process does it, is noted in the same transaction.
CREATE TRIGGER key_changed AFTER UPDATE ON keys BEGIN
    INSERT INTO key_changes
    VALUES (new.id, (SELECT coalesce(max(n), 0) + 1 FROM key_changes))
    ON CONFLICT (key_id) DO UPDATE SET n = excluded.n;
END;
