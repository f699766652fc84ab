"""Documents say what the product says, and links between documents lead somewhere."""

import re
from pathlib import Path

import pytest

from drawbridge.app.settings import read_settings
from tests.architecture.tree import ROOT
from tools.make_reference import HELP_BEGINS, HELP_ENDS, find_outdated, with_help

_SETTING = re.compile(r"^\| `(DRAWBRIDGE_\w+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def _dead_links(root: Path) -> list[str]:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    return sorted(
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    )


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/here.md").write_text("")
    (tmp_path / "a.md").write_text("[x](docs/here.md) [y](docs/gone.md) [z](https://z.example)")
    assert _dead_links(tmp_path) == ["a.md: docs/gone.md"]


def test_help_is_put_between_the_markers_and_nowhere_else() -> None:
    readme = f"before\n{HELP_BEGINS}\nold\n{HELP_ENDS}\nafter\n"
    made = with_help(readme, "Usage: …")
    assert made == f"before\n{HELP_BEGINS}\n```text\nUsage: …\n```\n{HELP_ENDS}\nafter\n"
    assert with_help(made, "Usage: …") == made


def test_a_readme_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="CLI help"):
        with_help("nothing here", "Usage: …")


def test_the_generated_documents_are_current() -> None:
    assert find_outdated() == [], "run python -m tools.make_reference"


def test_links_between_our_documents_lead_somewhere() -> None:
    assert _dead_links(ROOT) == []


def test_the_page_of_settings_tells_every_variable_with_its_default() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    settings = read_settings({"XDG_DATA_HOME": "~/.local/share"})
    assert dict(_SETTING.findall(page)) == settings.environment()
