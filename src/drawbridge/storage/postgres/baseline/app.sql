-- The application: the tables of migrations/app at their head; needs those of people.

CREATE TABLE keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL CHECK (venue IN ('live', 'paper')),
    label TEXT COLLATE "C" NOT NULL,
    label_folded TEXT COLLATE "C" NOT NULL,
    public_key TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    scopes TEXT COLLATE "C" NOT NULL DEFAULT '',
    expires_ms BIGINT,
    account_hint TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_ms BIGINT NOT NULL,
    checked_ms BIGINT,
    check_requested_ms BIGINT,
    -- Rises with every new secret of this key; it is bound into the seal.
    version BIGINT NOT NULL DEFAULT 1,
    -- A deleted key keeps its row, because history refers to it; its secret is gone.
    deleted_ms BIGINT,
    check_proof TEXT COLLATE "C" NOT NULL DEFAULT 'order'
        CHECK (check_proof IN ('order', 'dry_run', 'skip')),
    made_ms BIGINT,
    dated TEXT COLLATE "C" NOT NULL DEFAULT ''
        CHECK (dated IN ('', 'exchange', 'owner', 'adding')),
    pause_before_ms BIGINT NOT NULL DEFAULT 86400000,
    closes BIGINT NOT NULL DEFAULT 0,
    watched BIGINT NOT NULL DEFAULT 0,
    replaces TEXT COLLATE "C" NOT NULL DEFAULT '',
    kin TEXT COLLATE "C" NOT NULL DEFAULT '',
    shard BIGINT NOT NULL DEFAULT -1,
    -- SQLite has this by itself: the order in which rows were made.
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);

CREATE UNIQUE INDEX keys_label ON keys (owner, label_folded) WHERE deleted_ms IS NULL;
CREATE UNIQUE INDEX keys_public_key ON keys (exchange, venue, public_key)
    WHERE deleted_ms IS NULL;
CREATE INDEX keys_asked_for_check ON keys (check_requested_ms)
    WHERE check_requested_ms IS NOT NULL;
CREATE INDEX keys_of_shard ON keys (shard, status) WHERE deleted_ms IS NULL;
CREATE INDEX keys_without_shard ON keys (id) WHERE shard = -1;

-- Another secret may be of another account. SQLite does the same after the change.
CREATE FUNCTION forget_key_kin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.kin := '';
    RETURN NEW;
END
$$;

CREATE TRIGGER key_kin_forgotten BEFORE UPDATE OF version ON keys
    FOR EACH ROW EXECUTE FUNCTION forget_key_kin();

CREATE TABLE key_secrets (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    field TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (key_id, field)
);

CREATE TABLE vault_state (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('absent', 'locked', 'open')),
    public_key BYTEA,
    error TEXT COLLATE "C" NOT NULL DEFAULT '',
    error_facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- The key of the process that holds the vault now; passphrases are sealed to it.
    holder_key BYTEA,
    updated_ms BIGINT NOT NULL,
    wrap TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE TABLE orders (
    key_id TEXT COLLATE "C" NOT NULL,
    client_order_id TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    -- Who wanted it: "robot:<id>", "check:<number>", "person".
    origin TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    time_in_force TEXT COLLATE "C" NOT NULL,
    post_only BIGINT NOT NULL,
    -- As it was meant; the answer may only tell what was filled.
    quantity TEXT COLLATE "C",
    quote_quantity TEXT COLLATE "C",
    price TEXT COLLATE "C",
    -- "intended" is on disk before the first byte leaves; found after a crash, it means unknown.
    state TEXT COLLATE "C" NOT NULL CHECK (state IN (
        'intended', 'unknown', 'open', 'partially_filled', 'filled', 'cancelled', 'expired',
        'rejected', 'refused', 'never_arrived'
    )),
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    exchange_order_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    filled TEXT COLLATE "C" NOT NULL DEFAULT '0',
    filled_quote TEXT COLLATE "C" NOT NULL DEFAULT '0',
    fee TEXT COLLATE "C" NOT NULL DEFAULT '0',
    fee_currency TEXT COLLATE "C" NOT NULL DEFAULT '',
    intended_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, client_order_id)
);

CREATE INDEX orders_unsettled ON orders (intended_ms)
    WHERE state IN ('intended', 'unknown', 'open', 'partially_filled');
CREATE INDEX orders_by_origin ON orders (origin, intended_ms);
CREATE INDEX orders_by_owner ON orders (owner, intended_ms);

CREATE TABLE used_stamps (
    key_id TEXT COLLATE "C" PRIMARY KEY,
    reserved BIGINT NOT NULL
);

CREATE TABLE check_steps (
    key_id TEXT COLLATE "C" NOT NULL,
    check_no BIGINT NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'ok', 'failed', 'skipped')),
    code TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- A JSON object: what the sentence of the code needs; never a secret.
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, check_no, step)
);

CREATE TABLE portfolios (
    key_id TEXT COLLATE "C" PRIMARY KEY,
    currency TEXT COLLATE "C" NOT NULL DEFAULT '',
    asked_ms BIGINT NOT NULL DEFAULT 0,
    as_of_ms BIGINT NOT NULL DEFAULT 0,
    told TEXT COLLATE "C" NOT NULL DEFAULT '',
    problem TEXT COLLATE "C" NOT NULL DEFAULT '',
    problem_facts TEXT COLLATE "C" NOT NULL DEFAULT '{}'
);

CREATE TABLE robot_changes (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    n BIGINT NOT NULL
);

INSERT INTO robot_changes (only_row, n) VALUES (1, 1);

CREATE TABLE robots (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    interval_ms BIGINT NOT NULL,
    strategy TEXT COLLATE "C" NOT NULL,
    -- JSON objects and arrays; amounts are exact texts.
    settings TEXT COLLATE "C" NOT NULL,
    guards TEXT COLLATE "C" NOT NULL,
    confirm TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('long', 'short', 'both')),
    acts_on TEXT COLLATE "C" NOT NULL CHECK (acts_on IN ('candle', 'tick', 'signal')),
    on_stop TEXT COLLATE "C" NOT NULL CHECK (on_stop IN ('market', 'limit', 'keep')),
    joins BIGINT NOT NULL,
    -- These three sum up those of its accounts.
    status TEXT COLLATE "C" NOT NULL CHECK (
        status IN ('stopped', 'starting', 'started', 'stopping', 'paused')
    ),
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- The market's lot step, known once it was started: less than that is no position.
    quantity_step TEXT COLLATE "C" NOT NULL DEFAULT '0',
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    -- A deleted robot keeps its row, because its orders refer to it.
    deleted_ms BIGINT,
    change BIGINT NOT NULL DEFAULT 1,
    closes_by TEXT COLLATE "C" NOT NULL DEFAULT ''
        CHECK (closes_by IN ('', 'market', 'limit', 'keep')),
    asks BIGINT NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX robots_name ON robots (owner, name_folded) WHERE deleted_ms IS NULL;
CREATE INDEX robots_at_work ON robots (status) WHERE status <> 'stopped';
CREATE INDEX robots_by_change ON robots (change);

CREATE TABLE robot_accounts (
    robot_id TEXT COLLATE "C" NOT NULL REFERENCES robots (id),
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    -- The order in which a person named them.
    place BIGINT NOT NULL,
    amount TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (
        status IN ('stopped', 'starting', 'started', 'stopping', 'paused')
    ),
    -- Why it is paused, or what it waits for.
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- What its strategy said last and what its guards remember, as of one candle; it stands
    -- unchanged while nothing is said or traded, whatever candles follow.
    standing TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    -- What an order strategy remembers, written together with the fills that it has seen.
    memory TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- Set when the account is to be taken off the robot once it has stopped there.
    leaves BIGINT NOT NULL DEFAULT 0,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (robot_id, key_id)
);

CREATE INDEX robot_accounts_of_key ON robot_accounts (key_id);

-- One row counts for all, locked until commit: numbers are taken in the order of commits.
CREATE FUNCTION robot_account_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number BIGINT;
BEGIN
    UPDATE robot_changes SET n = n + 1 RETURNING n INTO number;
    UPDATE robots SET change = number
    WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.robot_id ELSE NEW.robot_id END;
    RETURN NULL;
END
$$;

CREATE TRIGGER robot_account_made AFTER INSERT ON robot_accounts
    FOR EACH ROW EXECUTE FUNCTION robot_account_has_changed();
CREATE TRIGGER robot_account_moved AFTER UPDATE OF status, amount, leaves ON robot_accounts
    FOR EACH ROW EXECUTE FUNCTION robot_account_has_changed();
CREATE TRIGGER robot_account_left AFTER DELETE ON robot_accounts
    FOR EACH ROW EXECUTE FUNCTION robot_account_has_changed();

CREATE TABLE robot_series (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    interval_ms BIGINT NOT NULL,
    -- The newest candle that robots have acted upon.
    last_ms BIGINT NOT NULL,
    UNIQUE (exchange, venue, symbol, interval_ms)
);

CREATE TABLE robot_series_candles (
    series_id BIGINT NOT NULL REFERENCES robot_series (id),
    open_time_ms BIGINT NOT NULL,
    open TEXT COLLATE "C" NOT NULL,
    high TEXT COLLATE "C" NOT NULL,
    low TEXT COLLATE "C" NOT NULL,
    close TEXT COLLATE "C" NOT NULL,
    volume TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (series_id, open_time_ms)
);

CREATE TABLE limits (
    -- "key:<id>" or a robot's origin, "robot:<id>".
    subject TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    -- What the key or robot was called when the limits were set.
    name TEXT COLLATE "C" NOT NULL,
    -- Exact amounts in quote currency, the collar in percent; NULL is no limit.
    position TEXT COLLATE "C",
    day_loss TEXT COLLATE "C",
    open_orders BIGINT,
    open_value TEXT COLLATE "C",
    collar TEXT COLLATE "C",
    changed_ms BIGINT NOT NULL
);

CREATE INDEX limits_of_owner ON limits (owner);

CREATE TABLE stops (
    owner TEXT COLLATE "C" PRIMARY KEY,
    since_ms BIGINT NOT NULL,
    -- Set while open orders are still to be cancelled by the gateway's process.
    cancel_asked_ms BIGINT
);

CREATE TABLE limit_changes (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    n BIGINT NOT NULL
);

INSERT INTO limit_changes (only_row, n) VALUES (1, 0);

CREATE FUNCTION limit_or_stop_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE limit_changes SET n = n + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER limits_made AFTER INSERT ON limits
    FOR EACH ROW EXECUTE FUNCTION limit_or_stop_has_changed();
CREATE TRIGGER limits_changed AFTER UPDATE ON limits
    FOR EACH ROW EXECUTE FUNCTION limit_or_stop_has_changed();
CREATE TRIGGER limits_cleared AFTER DELETE ON limits
    FOR EACH ROW EXECUTE FUNCTION limit_or_stop_has_changed();
CREATE TRIGGER stops_begun AFTER INSERT ON stops
    FOR EACH ROW EXECUTE FUNCTION limit_or_stop_has_changed();
CREATE TRIGGER stops_ended AFTER DELETE ON stops
    FOR EACH ROW EXECUTE FUNCTION limit_or_stop_has_changed();

CREATE TABLE notices (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    -- The code of why, empty where there is none: with the three before, what makes notices equal.
    reason TEXT COLLATE "C" NOT NULL,
    -- A JSON object: what the sentence needs; never a secret.
    facts TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    -- Later than at_ms where an equal one was told shortly before: until then more are added.
    due_ms BIGINT NOT NULL,
    count BIGINT NOT NULL DEFAULT 1,
    read_ms BIGINT,
    -- Set once its deliveries are written down.
    routed_ms BIGINT
);

CREATE INDEX notices_equal ON notices (owner, kind, subject, reason, n);
CREATE INDEX notices_of_owner ON notices (owner, n);
CREATE INDEX notices_unread ON notices (owner) WHERE read_ms IS NULL;
CREATE INDEX notices_unrouted ON notices (due_ms) WHERE routed_ms IS NULL;

CREATE TABLE notice_deliveries (
    notice BIGINT NOT NULL REFERENCES notices (n),
    channel TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sent', 'given_up')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_ms BIGINT NOT NULL,
    -- The code of what went wrong last; never what was sent.
    problem TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (notice, channel)
);

CREATE INDEX notice_deliveries_waiting ON notice_deliveries (next_ms) WHERE state = 'waiting';

CREATE TABLE notice_channels (
    owner TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    is_on BIGINT NOT NULL,
    -- The mail address, the chat's id, or the webhook's address.
    place TEXT COLLATE "C" NOT NULL,
    -- What webhooks are signed with, wrapped by this machine's own key.
    secret BYTEA,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (owner, channel)
);

CREATE TABLE notice_choices (
    owner TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    is_on BIGINT NOT NULL,
    PRIMARY KEY (owner, channel, kind)
);

CREATE TABLE notice_summaries (
    owner TEXT COLLATE "C" PRIMARY KEY,
    minute BIGINT NOT NULL CHECK (minute BETWEEN 0 AND 1439),
    told_day BIGINT NOT NULL
);

CREATE TABLE account_snapshots (
    key_id TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    -- In which currency the values are told.
    currency TEXT COLLATE "C" NOT NULL,
    -- A JSON object: currency to [amount, value], both exact texts; no value where no price was.
    held TEXT COLLATE "C" NOT NULL,
    -- Up to which moment of the exchange's clock trades are in these balances; nothing as long as
    -- the exchange has not told what was traded since the snapshot before.
    settled_ms BIGINT,
    -- A JSON object: currency to what came in (below zero: went out) since the last snapshot that
    -- is settled.
    transfers TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- A JSON object: currency to the amount without the profit of open positions, where there are
    -- contracts and what is held is told with it.
    wallets TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    PRIMARY KEY (key_id, at_ms)
);

CREATE TABLE trials (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    -- JSON objects: what was ordered, as it was written; and the sheet that came of it.
    wish TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL DEFAULT '',
    status TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('wished', 'running', 'done', 'failed', 'stopped')),
    -- How many of how many runs are done.
    done BIGINT NOT NULL DEFAULT 0,
    runs BIGINT NOT NULL DEFAULT 1,
    -- Why it failed: a code with its facts.
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL
);

CREATE INDEX trials_of_owner ON trials (owner, created_ms);
CREATE INDEX trials_to_do ON trials (created_ms) WHERE status IN ('wished', 'running');

CREATE TABLE hooks (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    robot_id TEXT COLLATE "C" NOT NULL UNIQUE,
    -- What the robot was called when the hook was made, for notices about it.
    name TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL,
    made_ms BIGINT NOT NULL
);

CREATE TABLE signals (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    robot_id TEXT COLLATE "C" NOT NULL,
    -- What makes it one signal: its id, or its time and action.
    name TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL CHECK (action IN ('buy', 'sell', 'close')),
    price TEXT COLLATE "C",
    sent_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    -- Set in the transaction of what came of it, so that it acts at most once.
    acted_ms BIGINT,
    -- The code of why nothing came of it, empty where something did.
    outcome TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX signals_once ON signals (robot_id, name);
CREATE INDEX signals_new ON signals (n) WHERE acted_ms IS NULL;

CREATE TABLE key_changes (
    key_id TEXT COLLATE "C" PRIMARY KEY,
    n BIGINT NOT NULL
);

CREATE UNIQUE INDEX key_changes_by_n ON key_changes (n);

-- Whoever takes a number keeps others from taking one until it commits: a reader that has seen
-- a number has seen all before it.
CREATE FUNCTION key_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('key_changes'::regclass::oid::int, 0);
    INSERT INTO key_changes (key_id, n)
    VALUES (NEW.id, (SELECT coalesce(max(n), 0) + 1 FROM key_changes))
    ON CONFLICT (key_id) DO UPDATE SET n = excluded.n;
    RETURN NULL;
END
$$;

CREATE TRIGGER key_changed AFTER UPDATE ON keys
    FOR EACH ROW EXECUTE FUNCTION key_has_changed();

CREATE TABLE fills (
    key_id TEXT COLLATE "C" NOT NULL,
    trade_id TEXT COLLATE "C" NOT NULL,
    client_order_id TEXT COLLATE "C" NOT NULL,
    exchange_order_id TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    price TEXT COLLATE "C" NOT NULL,
    quantity TEXT COLLATE "C" NOT NULL,
    fee TEXT COLLATE "C" NOT NULL,
    fee_currency TEXT COLLATE "C" NOT NULL,
    is_maker BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, symbol, trade_id)
);

CREATE INDEX fills_by_order ON fills (key_id, client_order_id);

CREATE TABLE foreign_orders (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    symbol TEXT COLLATE "C" NOT NULL,
    -- As the exchange calls it.
    order_id TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    quantity TEXT COLLATE "C" NOT NULL,
    price TEXT COLLATE "C",
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, symbol, order_id)
);

CREATE TABLE api_answers (
    name BYTEA PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    request BYTEA NOT NULL,
    begun_ms BIGINT NOT NULL,
    status BIGINT,
    body BYTEA
);

CREATE INDEX api_answers_by_time ON api_answers (begun_ms);

CREATE TABLE approvals (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    kind TEXT COLLATE "C" NOT NULL,
    -- The id of the thing: a robot's or a key's; empty where it is about everything.
    subject TEXT COLLATE "C" NOT NULL,
    -- A JSON object; amounts are exact texts.
    facts TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_ms BIGINT NOT NULL,
    -- From then on an answer counts no more, and nothing that was allowed is begun.
    expires_ms BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (
        state IN ('asked', 'approved', 'declined', 'expired', 'withdrawn')
    ),
    answered_ms BIGINT,
    answered_by TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- What came of a yes: 'done', or the code of what kept it from being done.
    outcome TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX approvals_open ON approvals (owner, expires_ms) WHERE state = 'asked';
CREATE INDEX approvals_of_owner ON approvals (owner, asked_ms);

CREATE TABLE robot_decisions (
    robot_id TEXT COLLATE "C" NOT NULL REFERENCES robots (id),
    key_id TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    moment_ms BIGINT NOT NULL,
    side TEXT COLLATE "C" NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity TEXT COLLATE "C" NOT NULL,
    -- NULL: at market.
    price TEXT COLLATE "C",
    reduces BIGINT NOT NULL DEFAULT 0,
    -- Rises when the exchange certainly did not take the order and it is tried once more.
    attempt BIGINT NOT NULL DEFAULT 1,
    state TEXT COLLATE "C" NOT NULL CHECK (
        state IN ('asked', 'open', 'leaving', 'done', 'refused', 'dropped')
    ),
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    approval TEXT COLLATE "C" NOT NULL DEFAULT '',
    until_ms BIGINT,
    PRIMARY KEY (robot_id, key_id, tag)
);

CREATE INDEX robot_decisions_open ON robot_decisions (robot_id, key_id)
    WHERE state IN ('asked', 'open', 'leaving');

CREATE TABLE virtual_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL REFERENCES owners (id),
    -- The real key that signs what passes.
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL CHECK (venue IN ('live', 'paper')),
    label TEXT COLLATE "C" NOT NULL,
    label_folded TEXT COLLATE "C" NOT NULL,
    -- What the bot sends as its key.
    public TEXT COLLATE "C" NOT NULL,
    -- A JSON array; it only ever grows, because narrowing adds.
    restrictions TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    -- A revoked one keeps its row, because history refers to it; its sealed fields are gone.
    revoked_ms BIGINT,
    -- SQLite has this by itself: the order in which rows were made.
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);

CREATE UNIQUE INDEX virtual_keys_public ON virtual_keys (exchange, public);
CREATE UNIQUE INDEX virtual_keys_label ON virtual_keys (owner, label_folded)
    WHERE revoked_ms IS NULL;
CREATE INDEX virtual_keys_of_key ON virtual_keys (key_id) WHERE revoked_ms IS NULL;

CREATE TABLE virtual_key_secrets (
    virtual_id TEXT COLLATE "C" NOT NULL REFERENCES virtual_keys (id),
    field TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (virtual_id, field)
);

CREATE TABLE virtual_key_changes (
    virtual_id TEXT COLLATE "C" PRIMARY KEY,
    n BIGINT NOT NULL
);

CREATE UNIQUE INDEX virtual_key_changes_by_n ON virtual_key_changes (n);

CREATE FUNCTION virtual_key_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('virtual_key_changes'::regclass::oid::int, 0);
    INSERT INTO virtual_key_changes (virtual_id, n)
    VALUES (NEW.id, (SELECT coalesce(max(n), 0) + 1 FROM virtual_key_changes))
    ON CONFLICT (virtual_id) DO UPDATE SET n = excluded.n;
    RETURN NULL;
END
$$;

CREATE TRIGGER virtual_key_changed AFTER UPDATE ON virtual_keys
    FOR EACH ROW EXECUTE FUNCTION virtual_key_has_changed();

CREATE TABLE virtual_uses (
    virtual_id TEXT COLLATE "C" NOT NULL,
    hour_ms BIGINT NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    times BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (virtual_id, hour_ms, rule)
);

CREATE TABLE crossings (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    -- Whose virtual key the request named; empty where it named none that there is.
    owner TEXT COLLATE "C" NOT NULL,
    virtual_id TEXT COLLATE "C" NOT NULL,
    exchange TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    -- The row of the endpoint table, empty where there is none.
    endpoint TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL
        CHECK (outcome IN ('passed', 'told', 'refused', 'down', 'unknown')),
    -- Why: one of our error codes, and for a refusal of ours the rule; empty for what passed.
    code TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    took_us BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL,
    answered_bytes BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL
);

CREATE INDEX crossings_of_owner ON crossings (owner, n);
CREATE INDEX crossings_of_virtual_key ON crossings (virtual_id, n);

CREATE TABLE foreign_trades (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    symbol TEXT COLLATE "C" NOT NULL,
    -- As the exchange calls them.
    trade_id TEXT COLLATE "C" NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    quantity TEXT COLLATE "C" NOT NULL,
    price TEXT COLLATE "C" NOT NULL,
    time_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, symbol, trade_id)
);

CREATE INDEX foreign_trades_by_time ON foreign_trades (key_id, time_ms);

CREATE TABLE foreign_looks (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    symbol TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, symbol)
);

CREATE TABLE recovery_keys (
    -- Of the public half, in hexadecimal digits.
    fingerprint TEXT COLLATE "C" PRIMARY KEY,
    public_key BYTEA NOT NULL,
    -- Proves to the key's holder that a backup comes from here; sealed under local.key.
    sealed_origin BYTEA NOT NULL,
    made_ms BIGINT NOT NULL,
    -- Backups are made for the one that has not ended.
    ended_ms BIGINT
);

CREATE UNIQUE INDEX recovery_keys_current ON recovery_keys ((1)) WHERE ended_ms IS NULL;

CREATE TABLE backups (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    made_ms BIGINT NOT NULL,
    -- What the file was called; empty where a browser took it.
    name TEXT COLLATE "C" NOT NULL,
    size_bytes BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL REFERENCES recovery_keys (fingerprint)
);

CREATE TABLE cancel_wishes (
    -- "key:<id>", or whom the journal names for the orders of a virtual key, "virtual:<id>".
    subject TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    asked_ms BIGINT NOT NULL
);

CREATE TABLE leak_inquiries (
    key_id TEXT COLLATE "C" PRIMARY KEY REFERENCES keys (id),
    since_ms BIGINT NOT NULL,
    asked_ms BIGINT NOT NULL,
    -- Set by the gateway's process, with what the exchange told, as JSON.
    answered_ms BIGINT,
    answer TEXT COLLATE "C"
);

CREATE INDEX leak_inquiries_open ON leak_inquiries (asked_ms) WHERE answered_ms IS NULL;

CREATE TABLE replacements (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    -- Holds the new secret until the swap, and the old one from then on.
    stand_in_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN (
        'checking', 'failed', 'proving', 'asking', 'switching', 'switched', 'turning_back',
        'retiring', 'done', 'given_up'
    )),
    -- What showed that both keys are of one account; "confirmed": their owner said so.
    proof TEXT COLLATE "C" NOT NULL DEFAULT ''
        CHECK (proof IN ('', 'account', 'order', 'holdings', 'confirmed')),
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    begun_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    switched_ms BIGINT,
    -- When its owner said last that the old key is deleted at the exchange.
    asked_ms BIGINT,
    ended_ms BIGINT,
    -- SQLite has this by itself: the order in which rows were made.
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);

CREATE UNIQUE INDEX replacements_open ON replacements (key_id) WHERE ended_ms IS NULL;
CREATE INDEX replacements_of_key ON replacements (key_id, begun_ms);

CREATE TABLE licences (
    owner TEXT COLLATE "C" PRIMARY KEY REFERENCES owners (id),
    licence_id TEXT COLLATE "C" NOT NULL,
    -- Both as they were signed; they are proven whenever they are read.
    document TEXT COLLATE "C" NOT NULL,
    lease TEXT COLLATE "C" NOT NULL DEFAULT '',
    serial BIGINT NOT NULL DEFAULT 0,
    added_ms BIGINT NOT NULL,
    -- The question under way: it keeps its nonce until it is answered, so that it counts once.
    nonce TEXT COLLATE "C" NOT NULL DEFAULT '',
    act TEXT COLLATE "C" NOT NULL DEFAULT '',
    key_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    wish_n BIGINT,
    next_ms BIGINT NOT NULL DEFAULT 0,
    -- Why it was last answered with a no, or not at all.
    problem TEXT COLLATE "C" NOT NULL DEFAULT '',
    problem_facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    told_state TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE TABLE licence_accounts (
    key_id TEXT COLLATE "C" PRIMARY KEY REFERENCES keys (id),
    owner TEXT COLLATE "C" NOT NULL,
    mark TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Set when another key of the same account was proven to stand here now.
    is_followed BIGINT NOT NULL DEFAULT 0,
    problem TEXT COLLATE "C" NOT NULL DEFAULT '',
    problem_facts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    tried_ms BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX licence_accounts_of_owner ON licence_accounts (owner);

CREATE TABLE licence_wishes (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    act TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- A recovery code, sealed to this machine until it was used.
    sealed BYTEA,
    asked_ms BIGINT NOT NULL,
    done_ms BIGINT,
    code TEXT COLLATE "C" NOT NULL DEFAULT '',
    facts TEXT COLLATE "C" NOT NULL DEFAULT '{}'
);

CREATE INDEX licence_wishes_open ON licence_wishes (owner, n) WHERE done_ms IS NULL;

CREATE TABLE licence_time (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    seen_ms BIGINT NOT NULL,
    revocations TEXT COLLATE "C" NOT NULL
);

INSERT INTO licence_time (only_row, seen_ms, revocations) VALUES (1, 0, '');

CREATE TABLE licence_changes (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    n BIGINT NOT NULL
);

INSERT INTO licence_changes (only_row, n) VALUES (1, 0);

CREATE FUNCTION licence_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE licence_changes SET n = n + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER licences_added AFTER INSERT ON licences
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();
CREATE TRIGGER licences_changed AFTER UPDATE OF document, lease ON licences
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();
CREATE TRIGGER licences_removed AFTER DELETE ON licences
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();
CREATE TRIGGER licence_accounts_refused AFTER UPDATE OF problem ON licence_accounts
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();
CREATE TRIGGER licence_accounts_tried AFTER INSERT ON licence_accounts
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();
CREATE TRIGGER licence_time_changed AFTER UPDATE OF revocations ON licence_time
    FOR EACH ROW EXECUTE FUNCTION licence_has_changed();

CREATE TABLE vault_requests (
    id TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    wish TEXT COLLATE "C" NOT NULL
        CHECK (wish IN ('create', 'unlock', 'rotate', 'destroy', 'keep')),
    sealed_passphrase BYTEA,
    created_ms BIGINT NOT NULL
);

CREATE TABLE vault_rotations (
    n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    -- Fingerprints of public halves, in hexadecimal digits.
    old TEXT COLLATE "C" NOT NULL,
    new TEXT COLLATE "C" NOT NULL,
    begun_ms BIGINT NOT NULL,
    -- How many values were sealed anew so far, and how many could not be opened.
    resealed BIGINT NOT NULL DEFAULT 0,
    damaged BIGINT NOT NULL DEFAULT 0,
    resealed_ms BIGINT,
    destroyed_ms BIGINT
);

CREATE TABLE workers (
    id TEXT COLLATE "C" PRIMARY KEY,
    -- Where it takes what bots sent to another process, as host:port; empty where nowhere.
    address TEXT COLLATE "C" NOT NULL,
    -- Workers of one group go out by the same addresses, and so share what exchanges allow each.
    egress_group TEXT COLLATE "C" NOT NULL,
    -- As a JSON list: what people put on their keys' lists.
    egress_addresses TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    started_ms BIGINT NOT NULL,
    -- It is taken for living until then, by the database's clock.
    seen_until_ms BIGINT NOT NULL,
    is_draining BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE shards (
    shard BIGINT PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Rises with every claim: who claimed before can neither renew nor give back what is not his.
    attempt BIGINT NOT NULL DEFAULT 0,
    until_ms BIGINT NOT NULL DEFAULT 0
);

INSERT INTO shards (shard) SELECT generate_series(0, 63);

CREATE TABLE signal_shards (
    n BIGINT NOT NULL REFERENCES signals (n),
    shard BIGINT NOT NULL,
    -- Set in the transaction of what came of it there; the signal itself has the best of all.
    acted_ms BIGINT,
    outcome TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (n, shard)
);

CREATE INDEX signal_shards_new ON signal_shards (n, shard) WHERE acted_ms IS NULL;
