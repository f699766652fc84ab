"""The bot over a house of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.kit.bot_house import BotHouse, open_bot_house


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[BotHouse]:
    async with open_bot_house(tmp_path) as made:
        yield made
