"""The API over a house in a temporary folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.kit.program import ApiSite, open_api_site
from tests.kit.program_life import Life, begin_life


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[ApiSite]:
    async with open_api_site(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def life(site: ApiSite) -> Life:
    return await begin_life(site)
