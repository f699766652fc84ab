"""Names say what a thing is; nothing is silenced without a reason; tests take no shortcuts."""

from pathlib import Path

import pytest

from tests.architecture.names import (
    find_exchange_names,
    find_test_shortcuts,
    find_undescribed,
    find_unexplained_silence,
    find_vague_files,
)
from tests.architecture.planting import bites, plant
from tests.architecture.survey import assert_kept
from tests.architecture.tree import ROOT, Tree

_CARD = 'id = "sealand"\nname = "Sealand Exchange"\nformer_names = ["Roughs Tower"]\n'


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "base"])
def test_a_file_named_for_nothing_is_found(tmp_path: Path, name: str) -> None:
    tree = plant(tmp_path, {f"drawbridge/vault/{name}.py": "", "drawbridge/vault/store.py": ""})
    assert bites(find_vague_files, tree) == [f"drawbridge/vault/{name}.py:1"]


def test_a_module_without_a_beginning_is_found(tmp_path: Path) -> None:
    tree = plant(tmp_path, {"bare.py": "x = 1", "told.py": '"""What is here."""'})
    assert bites(find_undescribed, tree) == ["bare.py:1"]


def test_an_exchange_named_outside_its_folder_is_found(tmp_path: Path) -> None:
    folder = "drawbridge/exchanges/sealand"
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "exchange.toml").write_text(_CARD)
    tree = plant(
        tmp_path,
        {
            f"{folder}/codec.py": "# Sealand speaks",
            "drawbridge/gateway/stamps.py": "x = 1\nif exchange == 'sealand': ...",
            "drawbridge/paper/feed.py": "sealand_fee = 1",
            "drawbridge/paper/engine.py": "# like Roughs Tower does",
            "drawbridge/paper/ledger.py": "sealanders = 1",
            "drawbridge/exchanges/__init__.py": "# Sealand and others",
        },
    )
    (tmp_path / "drawbridge/wording").mkdir()
    (tmp_path / "drawbridge/wording/words.toml").write_text("x = 'Trade on Sealand Exchange'")
    assert bites(find_exchange_names, tree) == [
        "drawbridge/exchanges/__init__.py:1",
        "drawbridge/gateway/stamps.py:2",
        "drawbridge/paper/engine.py:1",
        "drawbridge/paper/feed.py:1",
        "drawbridge/wording/words.toml:1",
    ]


def test_a_check_silenced_without_a_reason_is_found(tmp_path: Path) -> None:
    silence = "no" + "qa"
    ignore = "type: " + "ignore"
    lines = [
        f"x = 1  # {silence}",
        f"x = 1  # {silence}: E501",
        f"x = 1  # {silence}: BLE001  a process rim reports everything",
        f"x = 1  # {ignore}",
        f"x = 1  # {ignore}[arg-type]",
        f"x = 1  # {ignore}[arg-type]  # the stub is wrong about None",
        "# The library takes bytes here, whatever its stub says.",
        f"x = 1  # {ignore}[arg-type]",
    ]
    tree = plant(tmp_path, {"silent.py": "\n".join(lines)})
    assert bites(find_unexplained_silence, tree) == [f"silent.py:{n}" for n in (1, 2, 4, 5)]


def test_mocks_patches_skips_and_sleeps_are_found(tmp_path: Path) -> None:
    text = (
        "import asyncio, time, pytest\n"
        "from unittest.mock import Mock\n"
        "def test_it(monkeypatch): ...\n"
        "@pytest.mark.skip\n"
        "async def test_that():\n"
        "    await asyncio.sleep(1)\n"
        "    time.sleep(1)\n"
    )
    tree = plant(tmp_path, {"core/test_x.py": text, "kit/wait.py": "import time\ntime.sleep(1)"})
    found = sorted(set(bites(find_test_shortcuts, tree)))
    assert found == [f"core/test_x.py:{n}" for n in (2, 3, 4, 6, 7)]


def test_every_file_is_named_for_what_is_in_it() -> None:
    assert_kept(find_vague_files)


def test_every_module_begins_with_what_is_in_it() -> None:
    assert_kept(find_undescribed)


def test_no_exchange_is_named_outside_its_folder() -> None:
    found = [str(it) for it in find_exchange_names(Tree(ROOT / "src", ()))]
    assert found == []


def test_nothing_is_silenced_without_a_reason() -> None:
    assert_kept(find_unexplained_silence)


def test_the_tests_take_no_shortcuts() -> None:
    assert_kept(find_test_shortcuts)
