"""A key's end and what follows it: one that may have leaked, and one that takes its place.

`panic.py` stops the use of keys in a hurry; `leak.py` and those named after it find out what a key
did meanwhile.
"""
