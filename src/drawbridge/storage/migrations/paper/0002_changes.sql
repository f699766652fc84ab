-- Counts the changes of accounts and keys that a running world must take in. The database's own
-- version number would count every order of the world itself.

CREATE TABLE paper_changes (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n INTEGER NOT NULL
) STRICT;

INSERT INTO paper_changes (only_row, n) VALUES (1, 0);

CREATE TRIGGER paper_account_opened AFTER INSERT ON paper_accounts
BEGIN
    UPDATE paper_changes SET n = n + 1;
END;

CREATE TRIGGER paper_key_made AFTER INSERT ON paper_keys
BEGIN
    UPDATE paper_changes SET n = n + 1;
END;

CREATE TRIGGER paper_key_switched AFTER UPDATE OF disabled ON paper_keys
BEGIN
    UPDATE paper_changes SET n = n + 1;
END;

CREATE TRIGGER paper_key_deleted AFTER DELETE ON paper_keys
BEGIN
    UPDATE paper_changes SET n = n + 1;
END;
