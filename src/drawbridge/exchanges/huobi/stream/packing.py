"""Frames of market data travel compressed (gzip); what a client sends is plain text."""

import gzip
import zlib
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.wire.documents import write_document
from drawbridge.wire.stream import Frame

_LEVEL: Final = 1
_GZIP_BITS: Final = 16 + zlib.MAX_WBITS
# A book of a few hundred levels is some ten thousand characters.
_MOST_CHARACTERS: Final = 4_000_000


def pack(document: object) -> bytes:
    """Write a message as a compressed frame; the same message is the same bytes."""
    return gzip.compress(write_document(document), _LEVEL, mtime=0)


def unpack(frame: Frame) -> Frame:
    """Give the text of a frame, compressed or not.

    Raises: `BadInput("malformed")`, also for a small frame that would unfold without end.
    """
    if isinstance(frame, str) or not frame.startswith(b"\x1f\x8b"):
        return frame
    unpacking = zlib.decompressobj(_GZIP_BITS)
    try:
        text = unpacking.decompress(frame, _MOST_CHARACTERS)
    except zlib.error:
        raise BadInput("malformed", field="frame") from None
    if not unpacking.eof:
        raise BadInput("malformed", field="frame")
    return text
