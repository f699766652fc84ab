"""One folder per exchange, and nothing about an exchange anywhere else.

Folders are pure: they import wire and core, never each other. Only the catalogue opens them.
"""
