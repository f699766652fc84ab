"""What the simulator of a fleet is made of: its server, its exchange, its people, its faults.

What is tried with it, and how it is told, stands in `benchmarks/fleet.py`.
"""
