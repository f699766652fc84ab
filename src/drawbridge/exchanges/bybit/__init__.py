"""Bybit (spot of unified accounts, V5): four headers, errors as codes inside status 200."""
