"""Clock, environment, randomness and network are reached from their rooms only."""

import tomllib
from pathlib import Path

import pytest

from tests.architecture.planting import bites, plant
from tests.architecture.rooms import (
    SURROUNDINGS,
    SURROUNDINGS_ROOMS,
    find_impure_exchanges,
    find_network,
    find_referees,
    find_surroundings,
)
from tests.architecture.survey import assert_kept
from tests.architecture.tree import ROOT


@pytest.mark.parametrize(
    "line",
    [
        "import time; now = time.time()",
        "import time as clock; now = clock.time_ns()",
        "from time import monotonic",
        "import datetime; now = datetime.datetime.now(datetime.UTC)",
        "from datetime import datetime; f = datetime.now",
        "import os; home = os.environ['HOME']",
        "import random",
        "from random import choice",
        "import secrets",
        "from uuid import uuid4",
    ],
)
def test_a_clock_or_dice_outside_their_rooms_are_found(tmp_path: Path, line: str) -> None:
    rooms = [
        "drawbridge/app/settings.py",
        "drawbridge/accounts/tokens.py",
        "drawbridge/entrypoints/web/main.py",
    ]
    elsewhere = [
        "drawbridge/accounts/service.py",
        "drawbridge/core/money.py",
        "drawbridge/entrypoints/web/pages.py",
    ]
    tree = plant(tmp_path, dict.fromkeys([*rooms, *elsewhere], line))
    assert sorted(set(bites(find_surroundings, tree))) == [f"{path}:1" for path in elsewhere]


def test_a_name_that_only_looks_like_the_clock_is_let_be(tmp_path: Path) -> None:
    text = "def f(time, clock):\n    return time.time() + clock.now_ms()\n"
    assert bites(find_surroundings, plant(tmp_path, {"drawbridge/core/x.py": text})) == []


@pytest.mark.parametrize(
    "line",
    [
        "import socket",
        "import urllib.request",
        "from urllib import request",
        "from http.client import HTTPConnection",
        "import httptools",
        "import asyncio; f = asyncio.open_connection",
        "from asyncio import open_connection",
        "def f(loop): return loop.create_connection()",
        "from websockets.asyncio.client import connect",
    ],
)
def test_a_road_out_besides_the_dialling_is_found(tmp_path: Path, line: str) -> None:
    files = {"drawbridge/trading/broker.py": line, "drawbridge/gateway/crossing.py": line}
    found = sorted(set(bites(find_network, plant(tmp_path, files))))
    assert found == ["drawbridge/gateway/crossing.py:1", "drawbridge/trading/broker.py:1"]


def test_a_listening_room_that_connects_is_found(tmp_path: Path) -> None:
    files = {
        "drawbridge/app/listening.py": "import socket\nsocket.socket().connect(('x', 1))",
        "drawbridge/storage/database.py": "import sqlite3\nsqlite3.connect('x')",
    }
    found = bites(find_network, plant(tmp_path, files))
    assert found == ["drawbridge/app/listening.py:2"]


def test_who_speaks_over_connections_opens_none(tmp_path: Path) -> None:
    line = "def f(loop): return loop.create_connection()"
    files = {"drawbridge/gateway/egress.py": line, "drawbridge/gateway/sockets.py": line}
    found = bites(find_network, plant(tmp_path, files))
    assert found == ["drawbridge/gateway/egress.py:1", "drawbridge/gateway/sockets.py:1"]


def test_the_dialling_itself_and_harmless_neighbours_are_let_be(tmp_path: Path) -> None:
    files = {
        "drawbridge/gateway/dialling.py": (
            "import asyncio, socket, ssl\ndef f(loop): return loop.create_connection()"
        ),
        "drawbridge/gateway/egress.py": "import asyncio, httptools",
        "drawbridge/gateway/sockets.py": "from websockets.client import ClientProtocol",
        "drawbridge/wire/text.py": "from urllib.parse import quote\nfrom http import HTTPStatus",
    }
    assert bites(find_network, plant(tmp_path, files)) == []


def test_an_exchange_folder_that_knows_more_than_core_and_wire_is_found(tmp_path: Path) -> None:
    files = {
        "drawbridge/exchanges/one/codec.py": (
            "import json\n"
            "from drawbridge.wire import text\n"
            "from drawbridge.exchanges.one import tables\n"
            "from drawbridge.catalogue import card\n"
            "import starlette\n"
        ),
        "drawbridge/exchanges/two/codec.py": "import drawbridge.exchanges.one.codec",
    }
    found = sorted(set(bites(find_impure_exchanges, plant(tmp_path, files))))
    assert found == [
        "drawbridge/exchanges/one/codec.py:4",
        "drawbridge/exchanges/one/codec.py:5",
        "drawbridge/exchanges/two/codec.py:1",
    ]


def test_ccxt_in_the_product_is_found(tmp_path: Path) -> None:
    files = {"drawbridge/trading/broker.py": "import ccxt.async_support as ccxt"}
    assert bites(find_referees, plant(tmp_path, files)) == ["drawbridge/trading/broker.py:1"]


def test_the_linter_bans_the_same_names_and_opens_the_same_rooms() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    banned = set(lint["flake8-tidy-imports"]["banned-api"])
    assert banned == SURROUNDINGS | {"ccxt"}
    rooms = {
        path.removeprefix("src/")
        for path, codes in lint["per-file-ignores"].items()
        if path.startswith("src/") and "TID251" in codes
    }
    assert rooms == set(SURROUNDINGS_ROOMS)


def test_the_product_reads_clock_environment_and_randomness_in_their_rooms() -> None:
    assert_kept(find_surroundings)


def test_the_product_has_one_road_out() -> None:
    assert_kept(find_network)


def test_exchange_folders_know_only_core_and_wire() -> None:
    assert_kept(find_impure_exchanges)


def test_the_product_does_not_use_ccxt() -> None:
    assert_kept(find_referees)
