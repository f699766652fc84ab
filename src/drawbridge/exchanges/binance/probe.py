"""How Binance is asked what a key may do: one signed request tells all switches.

The account's own flags (`canTrade`, `canWithdraw` in GET /api/v3/account) speak of the account
and not of the key, so they are never asked here.

Source: developers.binance.com, wallet, account/apiRestrictions, 2026-07-21.
"""

from drawbridge.wire.probing import ask_rights, read_rights

operations = ask_rights
read = read_rights
