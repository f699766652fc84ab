"""The lab: backtests and searches as people order them, and the sheets on which they read them.

Stands above robots and statistics, because a sheet joins what both tell. The heavy work runs in a
process of its own that holds no secret (`app/lab_process.py`), or in the command line's.
"""
