"""Turns of the event loop."""

import asyncio


async def a_turn() -> None:
    """Let everything that is ready go on by one step."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    loop.call_soon(over.set_result, None)
    await over
