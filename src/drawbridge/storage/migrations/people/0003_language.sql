-- The language that a person wants to be spoken to in, as its tag; empty: not chosen yet.

ALTER TABLE owners ADD COLUMN language TEXT NOT NULL DEFAULT '';
