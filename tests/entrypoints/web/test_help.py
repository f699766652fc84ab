"""Help: every document can be read and found, and every link in it leads somewhere."""

import re

import pytest

from drawbridge.entrypoints.web.library import (
    SHELVES,
    find_documents,
    library,
    picture,
    readers,
    sorted_for_readers,
)
from tests.kit.browserling import Browserling
from tests.kit.owner import become_owner
from tests.kit.web_site import WebSite

_LEADS = re.compile(r'(?:href|src)="(/[^"#]*)')
_PLACES = re.compile(r'href="(?:/help/([^"#]*))?#([^"]*)"')


@pytest.mark.parametrize(
    "path", ["/help/howto/nosuch", "/help/../../pyproject", "/help/pictures/nosuch.png", "/help/x"]
)
async def test_what_is_no_document_is_not_found(
    site: WebSite, browser: Browserling, path: str
) -> None:
    await become_owner(browser, site)
    assert (await browser.get(path)).status == 404


@pytest.mark.parametrize("text", ["", "   ", "!!", "zzzznosuchword", "x" * 10_000])
def test_words_that_stand_nowhere_find_nothing(text: str) -> None:
    assert find_documents(text) == []


def test_what_has_the_word_in_its_title_comes_first() -> None:
    assert find_documents("robot works")[0].document.name == "explain/robots"
    assert "withdraw" in find_documents("Withdraw")[0].around.casefold()


def test_every_link_of_a_document_leads_to_a_document_or_a_picture() -> None:
    for document in library().values():
        for path in _LEADS.findall(document.html):
            name = path.removeprefix("/help/")
            shown = name in library() or picture(name.removeprefix("pictures/")) is not None
            assert shown, f"{document.name} leads to {path}"


def test_every_link_to_a_part_of_a_document_leads_to_that_part() -> None:
    for document in library().values():
        for name, part in _PLACES.findall(document.html):
            led = library()[name or document.name]
            assert f' id="{part}"' in led.html, f"{document.name} leads to {led.name}#{part}"


def test_every_document_has_a_reader_and_the_parts_of_it_have_names_of_their_own() -> None:
    read = {it.name for reader in readers() for shelf in reader.shelves for it in shelf.documents}
    assert read == set(library())
    for document in library().values():
        slugs = [heading.slug for heading in document.headings]
        assert len(slugs) == len(set(slugs))


def test_a_document_that_is_read_by_somebody_and_missing_is_named() -> None:
    present = {name: it for name, it in library().items() if name != "howto/notices"}
    with pytest.raises(KeyError, match="howto/notices"):
        sorted_for_readers(present)


def test_no_document_brings_markup_of_its_own() -> None:
    assert {document.shelf for document in library().values()} == set(SHELVES)
    assert not [it.name for it in library().values() if "<script" in it.html]


async def test_documents_are_listed_searched_and_read(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    page = await browser.get("/help")
    assert "How a robot works" in page.words
    assert "For people who trade" in page.words
    assert "documents are in English" not in page.words
    page = await browser.get("/help?text=<b>candle")
    assert "documents found" in page.words
    page = await browser.get("/help/explain/robots")
    assert "From a candle to an order" in page.words
    assert 'href="/help/decisions/0020-strategies-on-columns"' in page.html
    page = await browser.get("/help/project/architecture")
    assert 'href="/help/decisions/0001-architecture"' in page.html
    page = await browser.get("/help/pictures/bridge.svg")
    assert page.header("content-type") == "image/svg+xml; charset=utf-8"
