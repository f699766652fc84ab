"""Revisions of the tables of an operator's licences."""
