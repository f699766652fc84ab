"""Searching for settings, and telling how far what was found may be trusted.

Beginning to end: space.py says which settings there are, folds.py which candles they are chosen
on and which they are judged by, run.py tries them on all cores, judgement.py warns when a result
looks fitted to its past. No figures for people are made here; statistics does that.
"""
