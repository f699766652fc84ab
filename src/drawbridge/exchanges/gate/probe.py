"""How Gate is asked what a key may do: the listing of the main account's keys.

What the switches mean stands on the card. A sub-account's key cannot ask.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
