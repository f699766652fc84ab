"""Coinbase Exchange (spot): the interface that was Coinbase Pro's, today for institutions."""
