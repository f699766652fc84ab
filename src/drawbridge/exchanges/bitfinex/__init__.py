"""Bitfinex, interface v2: nonces in a header, answers as lists, errors as lists in status 500."""
