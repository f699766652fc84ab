"""Cluster: which worker works for which accounts, by claims that end by themselves.

Here are the share of a worker, its claims, and where others find it. What a worker does with its
share is the business of the rooms above.
"""
