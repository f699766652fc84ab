"""How Bitfinex is asked what a key may do: the matrix of its rights, which any key may read.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
