"""How Coinbase is asked what a key may do: `key_permissions`, which any valid key may ask.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
