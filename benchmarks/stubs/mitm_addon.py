"""What a person would write for mitmproxy to do in the place of ours: the reference of `proxy.py`.

It runs in mitmproxy's own environment, and so imports nothing of the house. Each order is verified,
held against a list of pairs, sides and types, written down with a sync of the disk, and signed
anew. It keeps no limits, remembers no stamps and opens no vault.
"""

import hashlib
import hmac
import os
import sqlite3
import time
from typing import Any, Final
from urllib.parse import parse_qsl

_VIRTUAL_KEY: Final = os.environ["VIRTUAL_KEY"]
_VIRTUAL_SECRET: Final = os.environ["VIRTUAL_SECRET"].encode()
_REAL_KEY: Final = os.environ["REAL_KEY"]
_REAL_SECRET: Final = os.environ["REAL_SECRET"].encode()
_PREFIX: Final = os.environ["PREFIX"]
_WINDOW_MS: Final = 60_000
_INSERT: Final = "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)"


class Bridge:
    """The add-on."""

    def __init__(self) -> None:
        """Open the journal."""
        self._journal = sqlite3.connect(os.environ["JOURNAL"], isolation_level=None)
        self._journal.execute("PRAGMA journal_mode = WAL")
        self._journal.execute("PRAGMA synchronous = FULL")
        self._journal.execute(
            "CREATE TABLE orders (id TEXT PRIMARY KEY, symbol, side, type, quantity, price, at_ms)"
        )

    def request(self, flow: Any) -> None:  # noqa: ANN401  mitmproxy is not installed here
        """Let an order through in the real key's name, or end its connection."""
        request = flow.request
        text = request.content.decode()
        signed, _, signature = text.rpartition("&signature=")
        fields = dict(parse_qsl(signed))
        now_ms = int(time.time() * 1_000)
        wanted = hmac.new(_VIRTUAL_SECRET, signed.encode(), hashlib.sha256).hexdigest()
        if not (
            request.headers.get("x-mbx-apikey") == _VIRTUAL_KEY
            and hmac.compare_digest(wanted, signature)
            and abs(now_ms - int(fields["timestamp"])) < _WINDOW_MS
            and fields["symbol"] in {"BTCUSDT", "ETHUSDT"}
            and fields["side"] in {"BUY", "SELL"}
            and fields["type"] == "LIMIT"
        ):
            flow.kill()
            return
        names = ("newClientOrderId", "symbol", "side", "type", "quantity", "price")
        self._journal.execute(_INSERT, (*(fields[name] for name in names), now_ms))
        anew = signed.replace(f"timestamp={fields['timestamp']}", f"timestamp={now_ms}")
        proof = hmac.new(_REAL_SECRET, anew.encode(), hashlib.sha256).hexdigest()
        request.content = f"{anew}&signature={proof}".encode()
        request.headers["x-mbx-apikey"] = _REAL_KEY
        request.path = _PREFIX + request.path


addons = [Bridge()]
