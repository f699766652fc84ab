-- What a person chose for a key's next check, and what an account's reading failed for in words.

-- How the trading right is to be proven by the check that is wished for, or was wished for last.
ALTER TABLE keys ADD COLUMN check_proof TEXT NOT NULL DEFAULT 'order'
    CHECK (check_proof IN ('order', 'dry_run', 'skip'));

-- A JSON object: what the sentence of the problem needs; never a secret.
ALTER TABLE portfolios ADD COLUMN problem_facts TEXT NOT NULL DEFAULT '{}';
