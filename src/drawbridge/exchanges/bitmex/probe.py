"""How BitMEX is asked what a key may do: it lists the keys of the account with their permissions.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
