"""The site of `make docs`: whole, without a server, and found in as Help finds."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from drawbridge.entrypoints.web.library import SHELVES, find_documents, library
from tests.kit.browser import open_browser, open_window
from tests.kit.walk import Walker, usual_views
from tools.make_docs import build

_LEADS = re.compile(r'(?:href|src|action)="([^"]*)"')
_LOADS = re.compile(r'<(?:script|img|link)[^>]*(?:href|src)="([^"]*)"')
_INLINE = re.compile(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=")
# As people would type them: two words, a title, a part of a word, signs, another alphabet.
_ASKED = ("stop robot", "How an order crosses", "withdraw", "vault passphrase", "errors!", "日本語")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "docs"
    build(folder)
    return folder


def _pages(site: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(site.rglob("*.html")):
        yield path, path.read_text(encoding="utf-8")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="something else"):
        build(tmp_path)
    assert (tmp_path / "novel.txt").read_text() == "years of work"


def test_what_is_built_again_holds_nothing_of_before(tmp_path: Path) -> None:
    build(tmp_path / "docs")
    (tmp_path / "docs/howto/gone.html").write_text("gone")
    build(tmp_path / "docs")
    assert not (tmp_path / "docs/howto/gone.html").exists()


def test_every_document_has_a_page_that_the_first_page_leads_to(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for name in library():
        assert (site / f"{name}.html").is_file()
        assert f'href="{name}.html"' in first
    assert {path.name for path in site.iterdir() if path.is_dir()} >= set(SHELVES)


def test_every_link_leads_to_a_page_a_picture_or_a_part_of_a_page(site: Path) -> None:
    for path, page in _pages(site):
        for target in _LEADS.findall(page):
            name, _, part = target.partition("#")
            if "://" in name:
                continue
            led = (path.parent / name).resolve() if name else path
            assert led.is_file(), f"{path.name} leads to {target}"
            assert not part or f'id="{part}"' in led.read_text(encoding="utf-8"), target


def test_pages_load_nothing_from_elsewhere_and_hold_no_script_or_style(site: Path) -> None:
    for path, page in _pages(site):
        assert "default-src 'none'" in page
        assert not [it for it in _LOADS.findall(page) if "//" in it or it.startswith("/")], path
        assert not _INLINE.search(re.sub(r"<code.*?</code>", "", page, flags=re.DOTALL)), path


@pytest.mark.browser
async def test_pages_opened_from_a_disk_look_right_and_find_what_help_finds(
    site: Path, browser_path: Path
) -> None:
    shown = ("/index.html", "/howto/own-strategy.html", "/search.html?text=robot")
    async with open_browser(browser_path) as chromium, open_window(chromium) as window:
        walker = Walker(window, site.as_uri(), "en", usual_views(axe=False))
        await walker.open(*shown)
        assert not walker.found.wrong, "\n".join(walker.found.wrong)
        for text in _ASKED:
            await window.page.goto(f"{site.as_uri()}/search.html?text={quote_plus(text)}")
            found = await window.page.locator("#found a").evaluate_all(
                "(links) => links.map((link) => link.getAttribute('href'))"
            )
            assert found == [f"{it.document.name}.html" for it in find_documents(text)], text
        assert not window.complaints
        searched = Walker(window, site.as_uri(), "en", usual_views(axe=True))
        await searched.open(*shown)
        # axe asks for the sheets anew, which pages forbid; the walk above heard complaints.
        assert not [it for it in searched.found.wrong if " complains: " not in it]
