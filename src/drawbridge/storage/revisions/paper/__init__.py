"""Revisions of the tables of the paper exchange."""
