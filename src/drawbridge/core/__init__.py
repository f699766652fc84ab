"""The words of the domain: errors, time, secrets, money, ids, orders, markets, operations.

Pure values and rules. Nothing here reads a clock, a file, the network or randomness,
and nothing here knows how any exchange writes things down.
"""
