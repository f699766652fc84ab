"""The import contracts in pyproject.toml hold, and each of them would notice a violation."""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
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
        "drawbridge/client/__init__.py",
        "drawbridge/client/calling.py",
        "drawbridge/core/__init__.py",
        "drawbridge/core/money.py",
        "drawbridge/entrypoints/__init__.py",
        "drawbridge/entrypoints/api/__init__.py",
        "drawbridge/entrypoints/cli/__init__.py",
        "drawbridge/entrypoints/front/__init__.py",
        "drawbridge/entrypoints/front/routes.py",
        "drawbridge/entrypoints/pages/__init__.py",
        "drawbridge/entrypoints/pages/layout.py",
        "drawbridge/entrypoints/tui/__init__.py",
        "drawbridge/entrypoints/tui/app.py",
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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Tell what is said of a house with everything planted at once: each start takes a while."""
    root = tmp_path_factory.mktemp("house")
    planted: defaultdict[str, str] = defaultdict(str)
    for where, line, _, _ in _FORBIDDEN:
        planted[f"drawbridge/{where}"] += f"{line}\n"
    plant(root / "src", {**_HOUSE, **planted})
    code, said = _lint(root, root / "src")
    assert code == 1
    return said


def test_what_the_picture_allows_breaks_nothing(house: Path) -> None:
    allowed = {
        "gateway/dialling.py": "import socket, ssl",
        "gateway/egress.py": (
            "import httptools\nimport drawbridge.vault.opening\nimport drawbridge.sealing.keyring"
        ),
        "gateway/sockets.py": "import websockets",
        "catalogue/registry.py": "import drawbridge.exchanges.one.codec",
        "entrypoints/web/main.py": "from drawbridge.entrypoints.pages import layout",
        "entrypoints/cli/main.py": (
            "import drawbridge.entrypoints.web.main\nimport drawbridge.client"
        ),
        "entrypoints/tui/app.py": "import textual.app",
        "vault/opening.py": "import drawbridge.sealing.keyring",
    }
    plant(house / "src", {f"drawbridge/{where}": line for where, line in allowed.items()})
    code, said = _lint(house, house / "src")
    assert code == 0, said


_FORBIDDEN = [
    ("core/money.py", "import drawbridge.wire", "drawbridge.wire", "imports go down only"),
    (
        "paper/engine.py",
        "import drawbridge.gateway.egress",
        "drawbridge.gateway.egress",
        "imports go down only",
    ),
    ("paper/engine.py", "import httptools", "httptools", "opens connections"),
    ("entrypoints/web/main.py", "import socket", "socket", "opens connections"),
    (
        "vault/service.py",
        "import drawbridge.vault.opening",
        "drawbridge.vault.opening",
        "opens the vault",
    ),
    (
        "entrypoints/web/main.py",
        "from drawbridge.vault import opening",
        "drawbridge.vault.opening",
        "opens the vault",
    ),
    (
        "entrypoints/web/main.py",
        "import drawbridge.sealing.keyring",
        "drawbridge.sealing.keyring",
        "private half",
    ),
    (
        "vault/service.py",
        "import drawbridge.sealing.keyring",
        "drawbridge.sealing.keyring",
        "private half",
    ),
    (
        "entrypoints/front/routes.py",
        "import drawbridge.gateway.egress",
        "drawbridge.gateway.egress",
        "neither opens nor judges nor sends",
    ),
    (
        "entrypoints/web/main.py",
        "import drawbridge.exchanges.one",
        "drawbridge.exchanges.one",
        "only the catalogue",
    ),
    (
        "exchanges/two/__init__.py",
        "import drawbridge.exchanges.one",
        "drawbridge.exchanges.one",
        "do not know each other",
    ),
    (
        "client/calling.py",
        "import drawbridge.core.money",
        "drawbridge.core.money",
        "imports go down only",
    ),
    (
        "paper/engine.py",
        "import drawbridge.client.calling",
        "drawbridge.client.calling",
        "only the command line speaks by it",
    ),
    ("entrypoints/web/main.py", "import textual", "textual", "only the screen"),
    ("vault/service.py", "import pgqueuer.queries", "pgqueuer", "only the engine's port"),
    (
        "entrypoints/tui/app.py",
        "import drawbridge.entrypoints.cli",
        "drawbridge.entrypoints.cli",
        "different processes",
    ),
    (
        "entrypoints/web/main.py",
        "import drawbridge.entrypoints.api",
        "drawbridge.entrypoints.api",
        "different processes",
    ),
]


@pytest.mark.parametrize(("where", "line", "imported", "broken"), _FORBIDDEN)
def test_a_planted_import_breaks_its_contract(
    told: str, where: str, line: str, imported: str, broken: str
) -> None:
    importer = "drawbridge." + where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    importing = re.escape(f"{importer} -> {imported} (l.")
    # Every broken contract has a paragraph with its name, underlined, over its imports.
    paragraphs = re.split(r"\n(?=[^\n]+\n-{5,}\n)", told)
    of_contract = [it for it in paragraphs if broken in it.splitlines()[0]]
    assert any(re.search(importing, it) for it in of_contract), f"{line!r} in:\n{told}"


def test_a_room_that_the_picture_does_not_know_is_found(house: Path) -> None:
    plant(house / "src", {"drawbridge/weather/__init__.py": ""})
    code, said = _lint(house, house / "src")
    assert code == 1
    assert [it for it in said.splitlines() if "imports go down only" in it and "BROKEN" in it], said


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


def test_the_product_keeps_every_contract(tmp_path: Path) -> None:
    assert shutil.which(_LINT), "import-linter is a development dependency"
    code, said = _lint(tmp_path, ROOT / "src")
    assert code == 0, said
