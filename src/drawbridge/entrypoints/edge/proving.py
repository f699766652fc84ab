"""How a front and a worker prove to each other that they are of one house. Pure.

Each side draws a challenge and answers the other's under the key that both hold. So nothing that
was overheard is good for a second time, and a program that only took a worker's port hears no
bot's request. What is proven names the address too, so none can pass a proof on to another
worker. Over TLS the certificates prove it, and this only begins the talk.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from drawbridge.entrypoints.edge.messages import (
    Kind,
    Malformed,
    Message,
    decode_parts,
    encode_parts,
)

_VERSION: Final = b"drawbridge relay 1"
_CHALLENGE_BYTES: Final = 32
_FRONT: Final = b"front"
_WORKER: Final = b"worker"

Entropy = Callable[[int], bytes]


class Unproven(Exception):
    """The other side does not hold our key, or speaks another version."""


class WorkerProving:
    """The worker's side: it speaks first, and hears of nothing before the proof."""

    def __init__(self, key: bytes, entropy: Entropy, where: str) -> None:
        """Draw a challenge for one line to a worker's address."""
        self._key = key
        self._where = where.encode()
        self._challenge = entropy(_CHALLENGE_BYTES)
        self.is_done = False

    def begin(self) -> Message | None:
        """Give what is said first."""
        return Message(Kind.GREETING, 0, encode_parts([_VERSION, self._challenge]))

    def take(self, message: Message) -> Message | None:
        """Hold a proof against the challenge, and prove ourselves. Raises: `Unproven`."""
        theirs, proof = _read(message, Kind.PROOF)
        _check(proof, _proof(self._key, self._where, _FRONT, self._challenge, theirs))
        self.is_done = True
        told = _proof(self._key, self._where, _WORKER, theirs, self._challenge)
        return Message(Kind.WELCOME, 0, encode_parts([_VERSION, told]))


class FrontProving:
    """The front's side: it answers a greeting, and hands on nothing before the welcome."""

    def __init__(self, key: bytes, entropy: Entropy, where: str) -> None:
        """Draw a challenge for one line to a worker's address."""
        self._key = key
        self._where = where.encode()
        self._challenge = entropy(_CHALLENGE_BYTES)
        self._theirs = b""
        self.is_done = False

    def begin(self) -> Message | None:
        """Say nothing first."""
        return None

    def take(self, message: Message) -> Message | None:
        """Answer the greeting, or hear the welcome. Raises: `Unproven`."""
        if not self._theirs:
            version, self._theirs = _read(message, Kind.GREETING)
            if version != _VERSION or len(self._theirs) != _CHALLENGE_BYTES:
                raise Unproven
            told = _proof(self._key, self._where, _FRONT, self._theirs, self._challenge)
            return Message(Kind.PROOF, 0, encode_parts([self._challenge, told]))
        _, proof = _read(message, Kind.WELCOME)
        _check(proof, _proof(self._key, self._where, _WORKER, self._challenge, self._theirs))
        self.is_done = True
        return None


def _read(message: Message, kind: Kind) -> list[bytes]:
    if message.kind is not kind:
        raise Unproven
    try:
        return decode_parts(message.body, 2)
    except Malformed:
        raise Unproven from None


def _proof(key: bytes, *said: bytes) -> bytes:
    # The side is part of what is proven: else a proof could be handed back as the other's.
    return hmac.digest(key, encode_parts([_VERSION, *said]), hashlib.sha256)


def _check(told: bytes, right: bytes) -> None:
    if not hmac.compare_digest(told, right):
        raise Unproven
