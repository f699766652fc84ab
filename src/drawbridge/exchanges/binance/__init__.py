"""Binance spot: its facts, its way of signing, its words for requests and answers.

Opened through the catalogue only. USD-M and COIN-M futures are other exchanges with their own
hosts and are not here.
"""
