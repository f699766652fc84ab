"""Which key of an account does what: one that only reads is asked, one that trades orders. Pure.

Why: a key that only reads can be lost without harm, has a budget of its own at some exchanges, and
goes on when the right to trade is taken away. Keys are of one account where the exchange says so,
or where that was proven.
"""

from collections.abc import Iterable
from typing import TypeAlias

from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus

Account: TypeAlias = tuple[str, ...]


def are_of_one_account(one: KeyRecord, other: KeyRecord) -> bool:
    """Tell whether two keys are known to be of one exchange account."""
    return one.id == other.id or (account_of(one) == account_of(other) and bool(one.account))


def account_of(key: KeyRecord) -> Account:
    """Give by what keys of one account are the same, where the account of a key is known."""
    return (key.owner, key.exchange, key.venue.value, key.account)


def reader_among(key: KeyRecord, keys: Iterable[KeyRecord]) -> KeyRecord:
    """Choose the key with which a key's account is read: one that only reads, else itself.

    Of several the oldest, so that it is always the same one.
    """
    readers = [
        it
        for it in keys
        if it.status is KeyStatus.READ_ONLY and not it.replaces and are_of_one_account(key, it)
    ]
    if key.status is KeyStatus.READ_ONLY or not readers:
        return key
    return min(readers, key=lambda it: (it.created_ms, it.id))


def kin_of(key: KeyRecord, keys: Iterable[KeyRecord]) -> tuple[KeyRecord, ...]:
    """List the other keys of a key's account that are in use."""
    return tuple(
        it for it in keys if it.id != key.id and it.status in IN_USE and are_of_one_account(key, it)
    )


def one_of_each(keys: Iterable[KeyRecord]) -> tuple[KeyRecord, ...]:
    """Give the oldest key of each account, in the order given: an account counts once."""
    given, kept = tuple(keys), dict[Account, KeyRecord]()
    for key in sorted(given, key=lambda it: (it.created_ms, it.id)):
        kept.setdefault(account_of(key) if key.account else (key.id,), key)
    chosen = {key.id for key in kept.values()}
    return tuple(key for key in given if key.id in chosen)
