"""Orders of our own and what an account is worth: broker, reconciliation, portfolio.

Every order crosses the gateway, which journals it; here the journal's rows are read, brought up
to date, and turned into orders and fills again.
"""
