"""How KuCoin is asked what a key may do: `get-apikey-info`, which every key may call.

What the switches mean stands on the card.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
