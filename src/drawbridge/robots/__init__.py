"""Robots: strategies, the rules of risk, the runner that carries them out, and backtests.

A strategy is one pure function, the same in a backtest, on paper and live. Robots have no road
of their own to an exchange: every order goes through trading and the gateway.
"""
