"""Copies of files with virtual keys: nothing else changes, and no secret is left."""

import json

import pytest

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import Conflict
from drawbridge.importing.documents import read_document
from drawbridge.importing.recognising import find_keys
from drawbridge.importing.rewriting import Copy, Replacement, write_copy
from tests.kit import foreign_files
from tests.kit.foreign_files import DRAWN, KEY, OKX_KEY, OKX_PASSPHRASE, OKX_SECRET, SECRET

BASE = "http://127.0.0.1:8421/"


def copied(text: str, name: str) -> Copy:
    document = read_document(text.encode(), name)
    replacements = (
        Replacement(it, get_card(it.exchange), DRAWN, BASE + it.exchange)
        for it in find_keys(document)
    )
    return write_copy(document, tuple(replacements))


def test_a_secret_that_cannot_be_told_apart_is_not_replaced() -> None:
    account = {"apiKey": OKX_KEY, "secret": OKX_SECRET, "password": "short", "name": "short"}
    text = json.dumps({"okx": {**account, "x": {"password": "short"}}})
    with pytest.raises(Conflict) as refused:
        copied(text.replace('"short"', f'"{OKX_PASSPHRASE}"'), "a.json")
    assert refused.value.code == "import_cannot_rewrite"
    assert "password" in str(refused.value.facts["place"])


@pytest.mark.parametrize(
    ("name", "text", "by_hand"),
    [
        ("config.json", foreign_files.FREQTRADE, 0),
        (".env", foreign_files.DOTENV, 2),
        ("accounts.yaml", foreign_files.YAML, 2),
        ("accounts.toml", foreign_files.TOML, 1),
        ("keys.json", foreign_files.CCXT, 0),
        ("bot.py", foreign_files.PYTHON, 1),
        ("export.csv", foreign_files.JESSE, 1),
        ("keys.csv", foreign_files.CSV, 1),
    ],
)
def test_the_copy_holds_virtual_keys_and_no_secret(name: str, text: str, by_hand: int) -> None:
    copy = copied(text, name)
    assert len(copy.by_hand) == by_hand
    for secret in (KEY, SECRET, OKX_KEY, OKX_SECRET, OKX_PASSPHRASE):
        assert secret not in copy.text
    told = find_keys(read_document(copy.text.encode(), name), "okx")
    assert {it.key for it in told} == {DRAWN.api_key}
    # Line by line the same, but for what was put in.
    there = copy.text.splitlines()
    for line in text.splitlines():
        bare = line.strip().rstrip(",")
        if not any(it in line for it in (KEY, SECRET, OKX_KEY, OKX_SECRET, OKX_PASSPHRASE, "ccxt")):
            assert any(bare in it for it in there)


def test_a_program_that_takes_an_address_is_given_ours() -> None:
    copy = copied(foreign_files.FREQTRADE, "config.json")
    leaves = read_document(copy.text.encode(), "config.json").leaves
    assert leaves["exchange", "ccxt_config", "urls", "api", "public"].startswith(BASE)
    assert leaves["exchange", "pair_whitelist", "1"] == "ETH/USDT"
    told = json.loads(copied(foreign_files.CCXT, "keys.json").text)
    assert told["okx"]["urls"]["api"]["rest"] == BASE + "okx"
    assert told["binance"]["options"]["adjustForTimeDifference"] is True
    assert told["binance"]["options"]["fetchMarkets"] == {"types": ["spot"]}


@pytest.mark.parametrize(
    ("before", "is_written"),
    [
        ('"ccxt_config": {"enableRateLimit": true, "a": {"b": "c"}}, ', True),
        ('"ccxt_config": { }, ', True),
        ("", True),
        ('"ccxt_config": {"urls": {"api": "http://elsewhere"}}, ', False),
    ],
)
def test_an_address_that_stands_there_already_is_left_to_its_person(
    before: str, *, is_written: bool
) -> None:
    text = f'{{"exchange": {{{before}"name": "binance", "key": "{KEY}", "secret": "{SECRET}"}}}}'
    copy = copied(text, "config.json")
    assert (copy.by_hand == ()) is is_written
    assert (BASE in copy.text) is is_written
    told = json.loads(copy.text)["exchange"]
    assert told["secret"] == DRAWN.api_secret.reveal()
    if "enableRateLimit" in before:
        assert told["ccxt_config"]["a"] == {"b": "c"}


def test_a_copy_does_not_print_itself() -> None:
    assert DRAWN.api_secret.reveal() not in repr(copied(foreign_files.CCXT, "a.json"))
