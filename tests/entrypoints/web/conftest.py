"""The app's pages and a browser without scripts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.browserling import Browserling
from tests.kit.web_site import WebSite, open_web_site


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[WebSite]:
    async with open_web_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def browser(site: WebSite) -> Browserling:
    return Browserling(site.app)
