"""A device that holds passkeys, in software: ES256, discoverable, with a finger on its sensor.

It answers what a browser would send. It also does as it is told where a thief would lie: another
origin, another owner, an older count, another challenge.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _ATTESTED = 1, 4, 64


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One passkey; `origin` is what the browser says where it is."""

    origin: str
    count: int = 0
    is_verifying: bool = True
    owner: bytes = b""
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: str) -> str:
        """Make the passkey that these options ask for."""
        asked = json.loads(options)
        self.owner = decode(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        # A COSE key: type EC2, algorithm ES256, curve P-256.
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._data(asked["rp"]["id"], _ATTESTED) + attested + cbor2.dumps(cose)
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        told = self._told("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": told, "attestationObject": statement})

    def use(self, options: str) -> str:
        """Sign the challenge of these options."""
        asked = json.loads(options)
        self.count += 1
        told, data = self._told("webauthn.get", asked["challenge"]), self._data(asked["rpId"], 0)
        signed = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": told,
                "authenticatorData": data,
                "signature": signed,
                "userHandle": self.owner,
            }
        )

    def _told(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _data(self, host: str, more: int) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.is_verifying else 0) | more
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _answer(self, response: dict[str, bytes]) -> str:
        parts: dict[str, Any] = {name: encode(value) for name, value in response.items()}
        named = encode(self.credential_id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": parts})


def changed(text: str, **changes: str) -> str:
    """Give options or an answer with other values."""
    return json.dumps({**json.loads(text), **changes})
