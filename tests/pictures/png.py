"""Write pictures of pages as small PNG: a palette of the 256 shades that occur most.

Pages are drawn in few colours; the many others are shades at the edges of letters, and each of
them becomes its nearest neighbour, which no eye tells apart.
"""

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MOST_COLOURS: Final = 256
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BITS, _PALETTE = 8, 3
_SQUEEZE: Final = 9


def written(pixels: bytes, width: int, height: int) -> bytes:
    """Write a picture. Shape: four bytes a pixel (RGBA, opaque), row after row."""
    rgb = np.frombuffer(pixels, np.uint8).reshape(-1, 4)[:, :3].astype(np.int64)
    packed = (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    shades, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:_MOST_COLOURS])
    palette = _rgb_of(shades[kept])
    distance = ((_rgb_of(shades)[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
    drawn = distance.argmin(axis=1).astype(np.uint8)[places].reshape(height, width)
    # Each row begins with a byte that says how it is filtered: not at all.
    rows = np.hstack([np.zeros((height, 1), np.uint8), drawn]).tobytes()
    head = struct.pack(">IIBBBBB", width, height, _BITS, _PALETTE, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows, _SQUEEZE)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_part(name, data) for name, data in parts)


def _rgb_of(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=1)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
