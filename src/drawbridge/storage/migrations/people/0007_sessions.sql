-- From where a session was begun, so that people can tell their own from others.

ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
