"""The check of exchange folders bites wherever something is missing."""

from pathlib import Path

import pytest

from tests.catalogue.sealand import SEALAND
from tools.check_exchanges import EXCHANGES, find_faults

_TABLES = ("endpoints.toml", "errors.toml")


def _folder(root: Path, card: str) -> Path:
    """Build a folder with everything that a papered exchange needs."""
    folder = root / "sealand"
    folder.mkdir(parents=True)
    (folder / "exchange.toml").write_text(card)
    for name in ("dialect.py", "probe.py", "codec.py"):
        (folder / name).touch()
    (folder / "endpoints.toml").write_text(
        '[[endpoint]]\nname = "time"\nmethod = "GET"\npath = "/time"\naccess = "public"\n'
    )
    (folder / "errors.toml").write_text((EXCHANGES / "kraken/errors.toml").read_text())
    vectors = root / "vectors/sealand/vectors"
    vectors.mkdir(parents=True)
    (vectors / "one.toml").touch()
    return folder


def _faults(root: Path, card: str = SEALAND) -> list[str]:
    return find_faults(_folder(root, card), root / "vectors")


def test_a_whole_folder_has_no_faults(tmp_path: Path) -> None:
    assert _faults(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('status = "open"', 'status = "gone"', "exchange.toml cannot be read"),
        ('id = "sealand"\nname', 'id = "rockall"\nname', "the card's id is rockall"),
        ('hosts = ["api.sealand.example"]', "hosts = []", "no host to send to"),
        ('fees = "made up"\n', "", "no source for fees"),
        (
            'source = "made up"\n\n[[permission]]\ngroup = "Funds"',
            '\n[[permission]]\ngroup = "Funds"',
            "no source for switch trade",
        ),
        ('api = "trade"', 'api = "view"', "view stands there twice"),
        (
            'scopes = ["withdraw"]\nneed = "must_be_off"',
            'scopes = ["withdraw"]\nneed = "optional"',
            "switch send moves value out and need not be off",
        ),
        ('[self_trade]\nmode = "cancel_newest"\n', "", "the card does not tell self_trade"),
        ('level = "papered"', 'level = "streaming"', "stream.py is missing at level streaming"),
    ],
)
def test_a_fault_of_the_card_is_found(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in SEALAND
    assert any(fault in found for found in _faults(tmp_path, SEALAND.replace(old, new, 1)))


@pytest.mark.parametrize("name", ["dialect.py", "probe.py", "codec.py", *_TABLES])
def test_a_missing_file_is_found(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path, SEALAND)
    (folder / name).unlink()
    assert f"{name} is missing at level papered" in find_faults(folder, tmp_path / "vectors")


def test_missing_vectors_are_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SEALAND)
    assert find_faults(folder, tmp_path / "elsewhere") == ["no test vectors"]


def test_an_endpoint_that_stands_there_twice_is_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SEALAND)
    table = folder / "endpoints.toml"
    table.write_text(table.read_text() * 2)
    assert find_faults(folder, tmp_path / "vectors") == [
        "endpoint GET /time stands there twice",
        "endpoint time stands there twice",
    ]


def test_a_switch_that_the_card_does_not_know_is_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SEALAND)
    table = folder / "endpoints.toml"
    table.write_text(table.read_text() + 'switches = ["teleport"]\n')
    assert any("switch teleport" in fault for fault in find_faults(folder, tmp_path / "vectors"))


def test_a_reason_without_words_is_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SEALAND)
    table = folder / "errors.toml"
    table.write_text(table.read_text().replace('"insufficient_funds"', '"other"'))
    assert find_faults(folder, tmp_path / "vectors") == ["no error to say insufficient_funds by"]


def test_a_table_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SEALAND)
    (folder / "errors.toml").write_text("[[error]]\ncode = 1\n")
    assert any("cannot be read" in fault for fault in find_faults(folder, tmp_path / "vectors"))
