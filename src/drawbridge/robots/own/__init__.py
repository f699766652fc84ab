"""A person's own strategies: what their files may use, and how they become strategies of ours.

Own code is trusted like any program that a person runs, and so it runs only where they ask for
it (loading.py), and never in a process that holds secrets.
"""

from drawbridge.robots.own.parameters import Between
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Scene, Want

__all__ = ["IN", "OUT", "UNSAID", "Between", "Held", "Parameter", "Scene", "Want"]
