"""Notices to a chat begin and end with its link, unless the person has chosen another place."""

from drawbridge.notices.model import Channel
from drawbridge.notices.service import NoticeService


async def begin_notices(notices: NoticeService, owner: str, chat: int) -> None:
    """Send notices to a chat that was just linked, if they go to none by Telegram yet."""
    way = (await notices.list_ways(owner))[Channel.TELEGRAM]
    if not way.place and Channel.TELEGRAM in notices.reach.open_channels:
        await notices.set_way(owner, Channel.TELEGRAM, str(chat), is_on=True)


async def end_notices(notices: NoticeService, owner: str, chat: int) -> None:
    """Send no notices any more to a chat whose link was ended."""
    way = (await notices.list_ways(owner))[Channel.TELEGRAM]
    if way.is_on and way.place == str(chat):
        await notices.set_way(owner, Channel.TELEGRAM, "", is_on=False)
