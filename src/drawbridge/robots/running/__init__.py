"""Running robots: from candles, prices and signals to decisions, and from decisions to orders.

Begin reading at runner.py. What a robot is, stands one floor up; what a strategy is, beside it.
"""
