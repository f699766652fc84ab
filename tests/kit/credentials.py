"""Made-up keys that look like the real ones, numbered so that no two are alike."""

import base64
import hashlib


def binance_fields(number: int = 1, secret: str = "planted") -> dict[str, str]:
    """Give key and secret of 64 letters and digits."""
    return {"api_key": _hex(f"key {number}"), "api_secret": _hex(f"{secret} {number}")}


def kraken_fields(number: int = 1, secret: str = "planted") -> dict[str, str]:
    """Give a key of 56 base64 letters and a secret of 64 bytes."""
    key = base64.b64encode(hashlib.sha512(f"key {number}".encode()).digest()[:42]).decode()
    drawn = hashlib.sha512(f"{secret} {number}".encode()).digest()
    return {"api_key": key, "api_secret": base64.b64encode(drawn).decode()}


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
