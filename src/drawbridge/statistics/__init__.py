"""Figures about trading: exact ones from fills, and equity from fills and prices.

Pure but for the service, which asks others for fills and prices. Nothing is stored here.
"""
