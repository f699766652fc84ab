"""Keys that Drawbridge gives to bots: narrower than the real key behind them, revocable at once.

What one may do is decided here, purely; carrying a request across is the gateway's business.
"""
