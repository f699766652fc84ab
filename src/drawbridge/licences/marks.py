"""What an exchange account is called in a licence: a keyed hash, and never a secret.

The key belongs to the operator, so that nobody who finds a mark can try out names of accounts;
the same account has the same mark under each of the operator's licences. Pure.
"""

import hmac

from drawbridge.licences.model import Account


def mark_of(mark_key: bytes, account: Account) -> str:
    """Give the mark that an account is bound by: its id's, or its key's where it has none."""
    if account.account_id:
        return _mark(mark_key, "account", account, account.account_id)
    return key_mark_of(mark_key, account)


def key_mark_of(mark_key: bytes, account: Account) -> str:
    """Give the mark of the account's present key."""
    return _mark(mark_key, "key", account, account.public_key)


def _mark(mark_key: bytes, kind: str, account: Account, name: str) -> str:
    # Each part behind its length, so that no two different accounts run into the same text.
    parts = (kind, account.exchange, account.venue, name)
    told = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(mark_key, told, "sha256").hex()
