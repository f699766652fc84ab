"""The app in the browser: first run, keys, robots, audit.

Handlers parse, call a service, and present what it says; no rule lives here. The process that
serves them holds the vault's public key only, and never imports what could open a secret.
"""
