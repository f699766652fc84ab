"""Asking an exchange what a key may do. What that means is decided in `verdict.py`."""

from functools import partial
from typing import Any

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden
from drawbridge.core.operations import GetKeyRights, KeyRights, Operation
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.verification.patience import Patience


async def ask_rights(
    gateway: Gateway, exchange: Exchange, key_id: str, patience: Patience
) -> KeyRights:
    """Ask all that this exchange must be asked, and read the answers together.

    Raises: `ExchangeDown` while it cannot be asked; what the exchange says against the key.
    """
    answers = [await _answer(gateway, key_id, it, patience) for it in exchange.probe.operations()]
    return exchange.probe.read(tuple(answers))


async def _answer(
    gateway: Gateway, key_id: str, operation: Operation[Any], patience: Patience
) -> object:
    ask = partial(gateway.call, key_id, operation, purpose=Purpose.CHECK)
    try:
        answer: object = await patience.wait_out(ask)
    except ExchangeDown:
        raise
    except DrawbridgeError as error:
        return _about_the_address(operation, error)
    if isinstance(answer, KeyRights) and answer.last_nonce is not None:
        # Another program may have used this key with larger nonces than ours.
        await gateway.raise_nonce(key_id, answer.last_nonce)
    return answer


def _about_the_address(operation: Operation[Any], error: DrawbridgeError) -> DrawbridgeError:
    """Give what a refusal to tell a key's rights means.

    Why: every good key may ask that, so a right cannot be what is missing; some exchanges say
    the same words to a key that comes from an address which is not on its list.
    """
    if isinstance(operation, GetKeyRights) and error.code == "right_missing":
        return Forbidden("ip_not_allowed", **error.facts)
    return error
