"""Revisions of the tables of the application."""
