"""How Binance's requests are signed: a key in a header, a signature over query and body.

How that is done stands in `wire/signed_parameters.py`.

Source: binance-spot-api-docs, rest-api, 2026-07-21; ccxt 4.5.90 and python-binance 1.0.37, run.
"""

from typing import Final

from drawbridge.wire.signed_parameters import SignedParameters, signer, verifier

__all__ = ["attach", "claim", "payload", "prepare", "shorten", "signer", "verifier"]

# Tokens of streams are drawn with the key alone.
_PARAMETERS: Final = SignedParameters(
    b"x-mbx-apikey", unsigned=frozenset({b"/api/v3/userDataStream"})
)

claim = _PARAMETERS.claim
prepare = _PARAMETERS.prepare
payload = _PARAMETERS.payload
attach = _PARAMETERS.attach
shorten = _PARAMETERS.shorten
