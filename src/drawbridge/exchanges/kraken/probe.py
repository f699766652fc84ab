"""How Kraken is asked what a key may do: `GetApiKeyInfo`, which needs no switch itself.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
