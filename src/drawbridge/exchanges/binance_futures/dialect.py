"""How Binance Futures' requests are signed: a key in a header, a signature over query and body.

How that is done stands in `wire/signed_parameters.py`.

Source: developers.binance.com, derivatives, USD-M futures, 2026-07-21; ccxt 4.5.90, run.
"""

from typing import Final

from drawbridge.wire.signed_parameters import SignedParameters, signer, verifier

__all__ = ["attach", "claim", "payload", "prepare", "shorten", "signer", "verifier"]

# The tokens of private streams are given to whoever names the key.
_PARAMETERS: Final = SignedParameters(b"x-mbx-apikey", frozenset({b"/fapi/v1/listenKey"}))

claim = _PARAMETERS.claim
prepare = _PARAMETERS.prepare
payload = _PARAMETERS.payload
attach = _PARAMETERS.attach
shorten = _PARAMETERS.shorten
