"""Looking on in a terminal: tables that are read again and again, and acts on their rows.

What the tables hold, and in which words, is handed in; no rule and no sentence about keys,
robots or orders lives here.
"""
