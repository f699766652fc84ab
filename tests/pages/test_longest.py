"""The widest words of all languages at once: each button and label has room for them on a phone.

For every sentence, Chromium measures in which language it is widest; a language is made of those,
and every page is looked over in it, as it would be by somebody with a small telephone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser

from drawbridge.wording.language import ENGLISH, LANGUAGES
from drawbridge.wording.say import Plural, sentences
from tests.kit.browser import PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.pseudo import TAG, in_language, write_language
from tests.kit.routes import find_pages
from tests.kit.served import served
from tests.kit.walk import LIGHT, View, Walker, carry
from tests.kit.web_site import open_web_site

TOLD = "told"  # conftest.py prints what is recorded under it
# As buttons and labels are set; which language is widest hardly depends on it.
_MEASURE: Final = """(rows) => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "600 15px system-ui, sans-serif";
  return rows.map((row) => {
    const widths = row.map((text) => pen.measureText(text).width);
    return widths.indexOf(Math.max(...widths));
  });
}"""

Report = Callable[[str, object], None]


async def _widest(browser: Browser) -> tuple[Mapping[str, str | Plural], Counter[str]]:
    """Give each sentence in the language in which it is widest, and how often that is which."""
    keys = list(sentences(ENGLISH.tag))
    rows = [[_longest_form(tag, key) for tag in LANGUAGES] for key in keys]
    async with open_window(browser) as window:
        places = await window.page.evaluate(_MEASURE, rows)
    tags = list(LANGUAGES)
    said: dict[str, str | Plural] = {}
    for key, row, place in zip(keys, rows, places, strict=True):
        counts = not isinstance(sentences(ENGLISH.tag)[key], str)
        said[key] = {"one": row[place], "other": row[place]} if counts else row[place]
    return said, Counter(tags[place] for place in places)


def _longest_form(tag: str, key: str) -> str:
    sentence = sentences(tag).get(key, "")
    return sentence if isinstance(sentence, str) else max(sentence.values(), key=len)


@pytest.mark.browser
async def test_the_widest_words_of_all_languages_fit_a_phone(
    tmp_path: Path, browser_path: Path, record_property: Report
) -> None:
    async with open_web_site(tmp_path) as site, open_browser(browser_path) as chromium:
        browser = Browserling(site.app)
        await furnish(browser, site)
        pages = (await find_pages(site.app, browser)).pages
        said, widest = await _widest(chromium)
        language = write_language(tmp_path, said)
        async with (
            served(in_language(site.app, language)) as address,
            open_window(chromium, PHONE) as window,
        ):
            await carry(window, address, browser.cookies)
            walker = Walker(window, address, TAG, (View(PHONE[0], LIGHT),))
            await walker.open(*pages)
    told = ", ".join(f"{tag} {count}" for tag, count in widest.most_common())
    record_property(TOLD, f"widest on a phone, of {len(said)} sentences: {told}")
    assert not walker.found.wrong, "\n".join(walker.found.wrong)
