"""Services that keep the vault's wrapping key: Vault's or OpenBao's transit engine, and AWS KMS.

Both are asked to encrypt a key that was drawn here, and to decrypt it again; what they return is
in the key file, and is worth nothing without them. The seam stands in `sealing/keepers.py`.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Corrupted, ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.core.secret import Secret
from drawbridge.gateway.aws_signing import AwsIdentity, AwsPlace, signed
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address
from drawbridge.sealing.keepers import AWS_KMS, TRANSIT, draw_key, read_kept
from drawbridge.sealing.key_file import Wrapping
from drawbridge.wire.http import WireAnswer, WireRequest

_Json: TypeAlias = Any
"""What an answer holds, before anything is known of it."""

_TIMEOUT_MS: Final = 10_000
_OK: Final = 200
_THEIRS: Final = 500
_TOO_MANY: Final = 429
_JSON: Final = (b"content-type", b"application/json")
_AMZ_JSON: Final = (b"content-type", b"application/x-amz-json-1.1")
# Bound in at their side: what was encrypted for this is decrypted for nothing else.
_CONTEXT: Final = {"drawbridge": "vault"}


@dataclass(frozen=True, slots=True)
class Transit:
    """The transit engine of HashiCorp Vault or OpenBao, under a mount, with a key of that name."""

    egress: Egress
    address: Address
    mount: str
    key: str
    token: Callable[[], Secret]

    async def make(self) -> Wrapping:
        """Draw a key and have it encrypted.

        Raises: `ExchangeDown("keeper_unreachable")`, `Forbidden("keeper_refused")`,
        `Corrupted("keeper_answer_unreadable")`.
        """
        drawn = draw_key()
        told = await self._ask("encrypt", {"plaintext": base64.b64encode(drawn).decode()})
        kept = _text(told, TRANSIT, "data", "ciphertext")
        return Wrapping(TRANSIT, {"kept": kept, "key_name": self.key}, drawn)

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        """Have the key decrypted. Raises: as `make`."""
        told = await self._ask("decrypt", {"ciphertext": facts.get("kept")})
        key = read_kept(TRANSIT, _text(told, TRANSIT, "data", "plaintext"))
        return Wrapping(TRANSIT, {name: facts[name] for name in ("kept", "key_name")}, key)

    async def _ask(self, what: str, body: Mapping[str, object]) -> _Json:
        path = f"/v1/{quote(self.mount)}/{what}/{quote(self.key, safe='')}".encode()
        headers = (_JSON, (b"x-vault-token", self.token().reveal().encode()))
        request = WireRequest("POST", path, b"", headers, json.dumps(dict(body)).encode())
        return _read(await _sent(self.egress, self.address, request, TRANSIT), TRANSIT)


@dataclass(frozen=True, slots=True)
class Kms:
    """The Key Management Service of AWS, with one key of it."""

    egress: Egress
    address: Address
    place: AwsPlace
    key: str
    identity: Callable[[], AwsIdentity]
    clock: Clock

    async def make(self) -> Wrapping:
        """Draw a key and have it encrypted. Raises: as `Transit.make`."""
        drawn = draw_key()
        asked = {"KeyId": self.key, "Plaintext": base64.b64encode(drawn).decode()}
        told = await self._ask("Encrypt", asked)
        kept = _text(told, AWS_KMS, "CiphertextBlob")
        return Wrapping(AWS_KMS, {"kept": kept, "key_name": self.key}, drawn)

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        """Have the key decrypted. Raises: as `Transit.make`."""
        asked = {"KeyId": facts.get("key_name"), "CiphertextBlob": facts.get("kept")}
        key = read_kept(AWS_KMS, _text(await self._ask("Decrypt", asked), AWS_KMS, "Plaintext"))
        return Wrapping(AWS_KMS, {name: facts[name] for name in ("kept", "key_name")}, key)

    async def _ask(self, what: str, asked: Mapping[str, object]) -> _Json:
        body = json.dumps({**asked, "EncryptionContext": _CONTEXT}).encode()
        headers = (_AMZ_JSON, (b"x-amz-target", f"TrentService.{what}".encode()))
        request = WireRequest("POST", b"/", b"", headers, body)
        proven = signed(request, self.place, self.identity(), self.clock.now_ms())
        return _read(await _sent(self.egress, self.address, proven, AWS_KMS), AWS_KMS)


async def _sent(egress: Egress, address: Address, request: WireRequest, keeper: str) -> WireAnswer:
    try:
        return await egress.send(address, request, _TIMEOUT_MS)
    except (ExchangeDown, OutcomeUnknown) as error:
        # To encrypt or decrypt twice does no harm: it may be tried again.
        raise ExchangeDown("keeper_unreachable", keeper=keeper, host=address.host) from error


def _read(answer: WireAnswer, keeper: str) -> _Json:
    if answer.status >= _THEIRS or answer.status == _TOO_MANY:
        raise ExchangeDown("keeper_unreachable", keeper=keeper, host=str(answer.status))
    if answer.status != _OK:
        # Its words are not shown: they may repeat what was asked.
        raise Forbidden("keeper_refused", rule="keeper", keeper=keeper, status=answer.status)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Corrupted("keeper_answer_unreadable", keeper=keeper) from None


def _text(told: _Json, keeper: str, *names: str) -> str:
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    if not isinstance(told, str):
        raise Corrupted("keeper_answer_unreadable", keeper=keeper)
    return told
