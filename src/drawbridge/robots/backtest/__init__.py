"""Backtests: a strategy over columns of past candles, compiled where numba is installed.

Floats live here, in arrays and in the loop; what leaves (fills, amounts) is exact again.
"""
