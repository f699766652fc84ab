"""Proving a key: its rights read first, then an order placed and at once cancelled.

Each cause of failure has its own code, sentence and next step; each step is shown as it happens.
"""
