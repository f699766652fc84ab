-- The audit log: append-only, each row carries the hash of the one before.

CREATE TABLE audit_events (
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    tag TEXT NOT NULL,
    owner TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE INDEX audit_events_by_owner ON audit_events (owner, n);

-- Where the chain ends, so that rows cut off its end are missed.
CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_events_are_not_changed BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;

CREATE TRIGGER audit_events_are_not_deleted BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
