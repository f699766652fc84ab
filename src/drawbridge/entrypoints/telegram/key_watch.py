"""Showing a check's steps as they happen, in one message that is written anew."""

import asyncio
from typing import Final

from drawbridge.entrypoints.telegram.key_views import check_screen, is_awaited
from drawbridge.entrypoints.telegram.screens import Screen
from drawbridge.entrypoints.telegram.visits import Visit

# Telegram lets a bot write about once a second into one chat.
_LOOK_EVERY_S: Final = 1.0
_LONGEST_S: Final = 120


async def watch(visit: Visit, key_id: str, first: str = "") -> None:
    """Show a key's check, and go on showing it until it has ended or takes far too long."""
    screen, _ = await _drawn(visit, key_id, first)
    message = await visit.show(screen)
    visit.desk.tasks.begin(visit.chat, _follow(visit, key_id, first, message))


async def _follow(visit: Visit, key_id: str, first: str, message: int) -> None:
    loop = asyncio.get_running_loop()
    until, shown = loop.time() + _LONGEST_S, None
    while loop.time() < until:
        screen, goes_on = await _drawn(visit, key_id, first)
        if screen != shown and not await visit.redraw(message, screen):
            return
        if not goes_on:
            return
        shown = screen
        await asyncio.sleep(_LOOK_EVERY_S)


async def _drawn(visit: Visit, key_id: str, first: str) -> tuple[Screen, bool]:
    key = await visit.house.vault.get_key(visit.account, key_id)
    check = await visit.house.checks.find_latest(key.id)
    return check_screen(key, check, first), is_awaited(key, check)
