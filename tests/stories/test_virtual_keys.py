"""A bot is given a key: made and tested by command, pasted as shown, narrowed and revoked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.processes import drawbridge
from tests.kit.proxied import Proxied, found_proxied

MONEY = {"binance": "USDT", "kraken": "USD", "coinbase": "USD", "kucoin": "USDT"}


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    with found_proxied(tmp_path_factory.mktemp("bots")) as standing:
        yield standing


def _run(bridge: Proxied, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return drawbridge(
        "virtual-key", *arguments, given=given, environment=bridge.town.settings.environment()
    )


def _told(bridge: Proxied, *arguments: str, given: str = "") -> Any:  # noqa: ANN401  whatever JSON it printed
    done = _run(bridge, *arguments, "--json", given=given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _pasted(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    script = folder / "bot.py"
    script.write_text(text)
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("exchange_id", MONEY)
def test_from_a_command_to_a_bot_that_trades_and_is_sent_away(
    bridge: Proxied, tmp_path: Path, exchange_id: str
) -> None:
    """Scenarios 77, 78 and 84, with every way of signing: shared secrets, passphrases, pairs."""
    key = bridge.real_key(exchange_id, f"story-{exchange_id}")
    name = f"bot of {exchange_id}"
    made = _told(bridge, "make", key.id, "--name", name, "--may", "trade_spot", "--rate", "50")
    fields = {it: made[it] for it in ("api_key", "api_secret", "passphrase") if made[it]}
    tried = _told(bridge, "test", name, given=json.dumps(fields))
    assert MONEY[exchange_id] in tried["currencies"]
    answer = _pasted(tmp_path, made["recipes"]["ccxt_python"])
    assert answer.returncode == 0, answer.stderr
    assert MONEY[exchange_id] in answer.stdout
    _told(bridge, "narrow", name, "--address", "192.0.2.7")
    refused = _run(bridge, "test", name, given=json.dumps(fields))
    assert refused.returncode != 0
    assert "address" in refused.stderr or "key" in refused.stderr
    _told(bridge, "revoke", made["id"], "--yes")
    assert _pasted(tmp_path, made["recipes"]["ccxt_python"]).returncode != 0
    shown = _told(bridge, "show", made["id"])
    assert shown["uses"]["passed"] >= 2
    assert shown["uses"]["addresses"] >= 1


def test_another_keys_secret_is_not_sent_anywhere(bridge: Proxied) -> None:
    key = bridge.real_key("binance", "story-other")
    _told(bridge, "make", key.id, "--name", "mine")
    given = json.dumps({"api_key": "a" * 64, "api_secret": "b" * 63 + "7"})
    refused = _run(bridge, "test", "mine", "--json", given=given)
    assert json.loads(refused.stderr)["code"] == "virtual_other_key"
