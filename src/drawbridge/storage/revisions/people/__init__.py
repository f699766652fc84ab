"""Revisions of the tables of who logs in, and the audit log."""
