"""The texts to paste, run as they stand: against the paper exchange, with a key put in."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, open_exchanges
from drawbridge.core.secret import Secret
from drawbridge.virtual_keys.recipes import Place, write_recipes
from tests.real_clients.bench import Bench

_OPEN: Final = [card.id for card in open_exchanges() if card.level >= Level.PAPERED]
_WITH_CURL: Final = [it for it in exchange_ids() if "curl" in get_card(it).clients]


def _texts(bench: Bench) -> dict[str, str]:
    key = bench.key()
    passphrase = key.get("passphrase")
    drawn = DrawnSecrets(
        str(key["api_key"]),
        Secret(str(key["api_secret"])),
        Secret(passphrase) if passphrase else None,
    )
    base = str(bench.paper.exchanges[bench.exchange_id]["path"])
    place = Place(base, base.replace("http://", "ws://"))
    written = write_recipes(bench.exchange.card, drawn, place, ("BTC/USDT",))
    return {recipe.program: recipe.text.reveal() for recipe in written}


@pytest.mark.parametrize("exchange_id", _OPEN)
def test_ccxt_in_python_reads_the_balance_as_pasted(bench: Bench, tmp_path: Path) -> None:
    """Scenario 77: ready to paste."""
    script = tmp_path / "recipe.py"
    script.write_text(_texts(bench)["ccxt_python"])
    told = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert bench.table.money in told.stdout


@pytest.mark.parametrize("exchange_id", _WITH_CURL)
def test_curl_reads_the_balance_as_pasted(bench: Bench) -> None:
    """Scenario 77: ready to paste."""
    assert shutil.which("curl")
    assert shutil.which("openssl")
    told = subprocess.run(
        ["sh", "-c", _texts(bench)["curl"]], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "USD" in told.stdout


@pytest.mark.parametrize("exchange_id", _OPEN)
def test_ccxt_in_javascript_has_the_same_settings(bench: Bench) -> None:
    text = _texts(bench)["ccxt_javascript"]
    begun = text.index("{", text.index(" new ccxt."))
    settings, _ = json.JSONDecoder().raw_decode(text[begun:])
    assert settings["apiKey"]
    assert settings["urls"]["api"]


@pytest.mark.parametrize("exchange_id", ["binance", "kraken"])
def test_freqtrade_is_given_a_block_of_its_configuration(bench: Bench) -> None:
    block = json.loads(_texts(bench)["freqtrade"])["exchange"]
    assert block["name"] == bench.exchange_id
    assert block["pair_whitelist"] == ["BTC/USDT"]
    assert all(str(url).startswith(("http://127", "ws://127", "{")) for url in _leaves(block))


def _leaves(block: dict[str, dict[str, dict[str, dict[str, object]]]]) -> list[object]:
    return [url for url in block["ccxt_config"]["urls"]["api"].values() if isinstance(url, str)]
