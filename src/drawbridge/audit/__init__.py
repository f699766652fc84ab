"""The audit log: who did what to which thing, append-only, each event chained to the last.

Events are written inside the transaction of the change that they tell of.
"""
