"""Coinbase Advanced Trade (spot): a fresh JWT for each request, two interfaces on one host."""
