-- Roles, who sees whose things, who is ended, and invitations. Whoever comes without an invitation
-- is a member: the paper exchange has nobody else. The app's first person is its owner; in the
-- paper exchange the word changes nothing, because nothing there asks for an owner.

ALTER TABLE owners ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
-- Whose things somebody is shown who has none of their own; empty: their own.
ALTER TABLE owners ADD COLUMN sees TEXT NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN ended_ms INTEGER;

UPDATE owners SET role = 'owner'
WHERE id = (SELECT id FROM owners ORDER BY created_ms, id LIMIT 1);

-- Kept until used, withdrawn or too old; of the link there is only its SHA-256.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    inviter TEXT NOT NULL REFERENCES owners (id),
    role TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX invitations_by_inviter ON invitations (inviter, made_ms);

-- What was done to somebody stands in their log as well as in that of whoever did it.
CREATE INDEX audit_events_by_subject ON audit_events (subject, n);
