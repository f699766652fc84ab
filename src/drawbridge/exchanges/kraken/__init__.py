"""Kraken (spot): nonces in the body, base64 signatures, errors as a list inside status 200."""
