"""Waiting when Telegram asks for it, and sending again what surely was not sent."""

import asyncio
from typing import Any, Final

from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageText,
    Response,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType

from drawbridge.entrypoints.telegram.polling import GetRawUpdates
from drawbridge.entrypoints.telegram.session import NothingSent

_TRIES: Final = 4
_LONGEST_WAIT_S: Final = 60
_PAUSE_S: Final = 0.5
# Doing these twice is doing them once, so they are sent again also when no answer came.
_REPEATABLE: Final = (AnswerCallbackQuery, DeleteMessage, EditMessageText)


class Patience(BaseRequestMiddleware):
    """Stands between handlers and the session."""

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Send; wait and send again as often as makes sense.

        Raises: what the session raises, in the end.
        """
        if method.__api_method__ == GetRawUpdates.__api_method__:
            # The loop that asks for updates has a patience of its own, without an end.
            return await make_request(bot, method)
        for tried in range(1, _TRIES):
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                if error.retry_after > _LONGEST_WAIT_S:
                    raise
                await asyncio.sleep(error.retry_after)
            except TelegramNetworkError as error:
                if not _may_repeat(method, error):
                    raise
                await asyncio.sleep(_PAUSE_S * tried)
        return await make_request(bot, method)


def _may_repeat(method: TelegramMethod[Any], error: TelegramNetworkError) -> bool:
    return isinstance(error, NothingSent) or isinstance(method, _REPEATABLE)
