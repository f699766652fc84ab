"""How OKX is asked what a key may do: the configuration of the account tells its own key.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
