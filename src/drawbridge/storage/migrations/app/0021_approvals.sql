-- What robots and assistants may do only once a person has said yes. A row is never deleted: it
-- tells who allowed what.

CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (id),
    kind TEXT NOT NULL,
    -- The id of the thing: a robot's or a key's; empty where it is about everything.
    subject TEXT NOT NULL,
    -- A JSON object; amounts are exact texts.
    facts TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    -- From then on an answer counts no more, and nothing that was allowed is begun.
    expires_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('asked', 'approved', 'declined', 'expired', 'withdrawn')
    ),
    answered_ms INTEGER,
    answered_by TEXT NOT NULL DEFAULT '',
    -- What came of a yes: 'done', or the code of what kept it from being done.
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX approvals_open ON approvals (owner, expires_ms) WHERE state = 'asked';
CREATE INDEX approvals_of_owner ON approvals (owner, asked_ms);

-- Whether a robot asks its owner before each order.
ALTER TABLE robots ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;

-- A decision may wait for an answer: 'asked', with the approval that it waits for, and with the
-- moment after which its order is not sent any more.
CREATE TABLE robot_decisions_now (
    robot_id TEXT NOT NULL REFERENCES robots (id),
    key_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    moment_ms INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity TEXT NOT NULL,
    -- NULL: at market.
    price TEXT,
    reduces INTEGER NOT NULL DEFAULT 0,
    -- Rises when the exchange certainly did not take the order and it is tried once more.
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (
        state IN ('asked', 'open', 'leaving', 'done', 'refused', 'dropped')
    ),
    reason TEXT NOT NULL DEFAULT '',
    approval TEXT NOT NULL DEFAULT '',
    until_ms INTEGER,
    PRIMARY KEY (robot_id, key_id, tag)
) STRICT, WITHOUT ROWID;

INSERT INTO robot_decisions_now (
    robot_id, key_id, tag, moment_ms, side, quantity, price, reduces, attempt, state, reason
)
SELECT robot_id, key_id, tag, moment_ms, side, quantity, price, reduces, attempt, state, reason
FROM robot_decisions;

DROP TABLE robot_decisions;
ALTER TABLE robot_decisions_now RENAME TO robot_decisions;

CREATE INDEX robot_decisions_open ON robot_decisions (robot_id, key_id)
    WHERE state IN ('asked', 'open', 'leaving');
