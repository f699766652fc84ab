"""The forms in which requests and answers travel, without any exchange in them.

Request values over raw bytes, signing and verifying over four dialect functions, algorithms,
endpoint tables, error tables, limits. Pure: no network, no clock, no randomness.
"""
