"""Candles on disk for backtests: a file for each series, downloads, and imports.

The candles that robots have worked on are rows of the database (robots/candle_store.py); these
here are many more, and for trying things out.
"""
