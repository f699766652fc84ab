-- How much accounts and robots may put at stake, and the stop that keeps all from entering.

CREATE TABLE limits (
    -- "key:<id>" or a robot's origin, "robot:<id>".
    subject TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    -- What the key or robot was called when the limits were set.
    name TEXT NOT NULL,
    -- Exact amounts in quote currency, the collar in percent; NULL is no limit.
    position TEXT,
    day_loss TEXT,
    open_orders INTEGER,
    open_value TEXT,
    collar TEXT,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX limits_of_owner ON limits (owner);

-- While a row is there, the owner's robots enter nothing; the row of nobody ('') stops everybody.
CREATE TABLE stops (
    owner TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    -- Set while open orders are still to be cancelled by the gateway's process.
    cancel_asked_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Rises with every change of the two: who keeps them in memory looks at this one number.
CREATE TABLE limit_changes (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n INTEGER NOT NULL
) STRICT;

INSERT INTO limit_changes VALUES (1, 0);

CREATE TRIGGER limits_made AFTER INSERT ON limits BEGIN
    UPDATE limit_changes SET n = n + 1;
END;
CREATE TRIGGER limits_changed AFTER UPDATE ON limits BEGIN
    UPDATE limit_changes SET n = n + 1;
END;
CREATE TRIGGER limits_cleared AFTER DELETE ON limits BEGIN
    UPDATE limit_changes SET n = n + 1;
END;
CREATE TRIGGER stops_begun AFTER INSERT ON stops BEGIN
    UPDATE limit_changes SET n = n + 1;
END;
CREATE TRIGGER stops_ended AFTER DELETE ON stops BEGIN
    UPDATE limit_changes SET n = n + 1;
END;
