"""Conditions in SQL that keep a list to the accounts of some shards; nothing where it is all."""

import json

_SHARDS = "IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"


def of_shards(shards: frozenset[int] | None, column: str = "shard") -> tuple[str, tuple[str, ...]]:
    """Give the condition on a column that holds shards, and its argument."""
    if shards is None:
        return "", ()
    return f" AND {column} {_SHARDS}", (json.dumps(sorted(shards)),)


def of_keys_in(
    shards: frozenset[int] | None, column: str = "key_id"
) -> tuple[str, tuple[str, ...]]:
    """Give the condition on a column that holds keys' ids, and its argument.

    Why not a list of the keys: what is asked for is few rows, and the keys are many.
    """
    if shards is None:
        return "", ()
    key = f"SELECT 1 FROM keys WHERE keys.id = {column} AND keys.shard {_SHARDS}"  # noqa: S608 - a column that our own code names
    return f" AND EXISTS ({key})", (json.dumps(sorted(shards)),)
