"""Binance USD-M Futures: perpetual contracts settled in dollars, on hosts of their own.

Opened through the catalogue only. Spot, COIN-M and delivery contracts are not here.
"""
