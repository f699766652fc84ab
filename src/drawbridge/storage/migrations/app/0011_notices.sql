-- What people are told, by which ways, and what became of each delivery.

CREATE TABLE notices (
    n INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- The code of why, empty where there is none: with the three before, what makes notices equal.
    reason TEXT NOT NULL,
    -- A JSON object: what the sentence needs; never a secret.
    facts TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    -- Later than at_ms where an equal one was told shortly before: until then more are added.
    due_ms INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 1,
    read_ms INTEGER,
    -- Set once its deliveries are written down.
    routed_ms INTEGER
) STRICT;

CREATE INDEX notices_equal ON notices (owner, kind, subject, reason, n);
CREATE INDEX notices_of_owner ON notices (owner, n);
CREATE INDEX notices_unread ON notices (owner) WHERE read_ms IS NULL;
CREATE INDEX notices_unrouted ON notices (due_ms) WHERE routed_ms IS NULL;

-- One row for each way by which a notice is to go out.
CREATE TABLE notice_deliveries (
    notice INTEGER NOT NULL REFERENCES notices (n),
    channel TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL,
    -- The code of what went wrong last; never what was sent.
    problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notice, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_deliveries_waiting ON notice_deliveries (next_ms) WHERE state = 'waiting';

-- Where an owner's notices go by each channel. Secrets among the settings are sealed.
CREATE TABLE notice_channels (
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    is_on INTEGER NOT NULL,
    -- The mail address, the chat's id, or the webhook's address.
    place TEXT NOT NULL,
    -- What webhooks are signed with, wrapped by this machine's own key.
    secret BLOB,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, channel)
) STRICT, WITHOUT ROWID;

-- Only what differs from the kind's own default.
CREATE TABLE notice_choices (
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    is_on INTEGER NOT NULL,
    PRIMARY KEY (owner, channel, kind)
) STRICT, WITHOUT ROWID;

-- When the daily summary is told (minutes after midnight, UTC), and when it was told last.
CREATE TABLE notice_summaries (
    owner TEXT PRIMARY KEY,
    minute INTEGER NOT NULL CHECK (minute BETWEEN 0 AND 1439),
    told_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
