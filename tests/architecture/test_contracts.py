"""The import contracts in pyproject.toml hold, and each of them would notice a violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.planting import plant
from tests.architecture.tree import ROOT

_LINT = Path(sys.executable).with_name("lint-imports")
_HOUSE = dict.fromkeys(
    [
        "drawbridge/__init__.py",
        "drawbridge/catalogue/__init__.py",
        "drawbridge/catalogue/registry.py",
        "drawbridge/core/__init__.py",
        "drawbridge/core/money.py",
        "drawbridge/entrypoints/__init__.py",
        "drawbridge/entrypoints/api/__init__.py",
        "drawbridge/entrypoints/cli/__init__.py",
        "drawbridge/entrypoints/pages/__init__.py",
        "drawbridge/entrypoints/pages/layout.py",
        "drawbridge/entrypoints/web/__init__.py",
        "drawbridge/entrypoints/web/main.py",
        "drawbridge/exchanges/__init__.py",
        "drawbridge/exchanges/one/__init__.py",
        "drawbridge/exchanges/one/codec.py",
        "drawbridge/exchanges/two/__init__.py",
        "drawbridge/gateway/__init__.py",
        "drawbridge/gateway/dialling.py",
        "drawbridge/gateway/egress.py",
        "drawbridge/gateway/sockets.py",
        "drawbridge/paper/__init__.py",
        "drawbridge/paper/engine.py",
        "drawbridge/sealing/__init__.py",
        "drawbridge/sealing/keyring.py",
        "drawbridge/vault/__init__.py",
        "drawbridge/vault/opening.py",
        "drawbridge/vault/service.py",
        "drawbridge/wire/__init__.py",
    ],
    "",
)


def _lint(root: Path, source: Path) -> tuple[int, str]:
    done = subprocess.run(
        [_LINT, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Give an empty house with one file for each kind of room."""
    plant(tmp_path / "src", _HOUSE)
    return tmp_path


def test_an_empty_house_keeps_every_contract(house: Path) -> None:
    code, said = _lint(house, house / "src")
    assert code == 0, said


@pytest.mark.parametrize(
    ("where", "line", "broken"),
    [
        ("core/money.py", "import drawbridge.wire", "imports go down only"),
        ("paper/engine.py", "import drawbridge.gateway.egress", "imports go down only"),
        ("weather/__init__.py", "", "imports go down only"),
        ("paper/engine.py", "import httptools", "opens connections"),
        ("entrypoints/web/main.py", "import socket", "opens connections"),
        ("vault/service.py", "import drawbridge.vault.opening", "opens the vault"),
        ("entrypoints/web/main.py", "from drawbridge.vault import opening", "opens the vault"),
        ("entrypoints/web/main.py", "import drawbridge.sealing.keyring", "private half"),
        ("vault/service.py", "import drawbridge.sealing.keyring", "private half"),
        ("entrypoints/web/main.py", "import drawbridge.exchanges.one", "only the catalogue"),
        ("exchanges/two/__init__.py", "import drawbridge.exchanges.one", "do not know each other"),
        ("entrypoints/web/main.py", "import drawbridge.entrypoints.api", "different processes"),
    ],
)
def test_a_planted_import_breaks_its_contract(
    house: Path, where: str, line: str, broken: str
) -> None:
    plant(house / "src", {f"drawbridge/{where}": line})
    code, said = _lint(house, house / "src")
    assert code == 1
    assert [told for told in said.splitlines() if broken in told and "BROKEN" in told], said


def test_no_page_reaches_the_opening_through_another_room(house: Path) -> None:
    planted = {
        "drawbridge/app/__init__.py": "",
        "drawbridge/app/gateway_process.py": "import drawbridge.vault.opening",
        "drawbridge/entrypoints/web/main.py": "import drawbridge.app.gateway_process",
    }
    plant(house / "src", planted)
    code, said = _lint(house, house / "src")
    assert code == 1
    assert [told for told in said.splitlines() if "by no way of imports BROKEN" in told], said


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("gateway/dialling.py", "import socket, ssl"),
        ("gateway/egress.py", "import httptools\nimport drawbridge.vault.opening"),
        ("gateway/sockets.py", "import websockets"),
        ("catalogue/registry.py", "import drawbridge.exchanges.one.codec"),
        ("entrypoints/web/main.py", "from drawbridge.entrypoints.pages import layout"),
        ("entrypoints/cli/main.py", "import drawbridge.entrypoints.web.main"),
        ("gateway/egress.py", "import drawbridge.sealing.keyring"),
        ("vault/opening.py", "import drawbridge.sealing.keyring"),
    ],
)
def test_what_the_picture_allows_breaks_nothing(house: Path, where: str, line: str) -> None:
    plant(house / "src", {f"drawbridge/{where}": line})
    code, said = _lint(house, house / "src")
    assert code == 0, said


def test_the_product_keeps_every_contract(tmp_path: Path) -> None:
    assert shutil.which(_LINT), "import-linter is a development dependency"
    code, said = _lint(tmp_path, ROOT / "src")
    assert code == 0, said
