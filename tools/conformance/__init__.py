"""ccxt's own live test-suite against the paper exchange: `python -m tools.conformance`.

The suite that ships in ccxt's package, unmodified: public and private calls, and streams.
"""
