"""The notices of a Drawbridge elsewhere and where they go, as the house has them here."""

from collections.abc import Callable, Mapping

from drawbridge.client.notices import NoticeTold, WayWish
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.entrypoints.cli.remote_trading import ME
from drawbridge.notices.model import Channel, Kept, Notice, NoticeKind, Way


class RemoteNotices:
    """The notices elsewhere."""

    def __init__(self, line: Line, ask_code: Callable[[], Secret]) -> None:
        """Speak over a line; `ask_code` asks the person for their authenticator's code."""
        self._line = line
        self._ask_code = ask_code

    async def list_notices(self, _owner: str) -> tuple[Kept, ...]:
        """List the newest notices, newest first."""
        return await self._line.ask(
            lambda client: tuple(map(_read_kept, client.notices.list_notices()["items"]))
        )

    async def mark_read(self, _owner: str) -> None:
        """Count everything as seen."""
        await self._line.act(lambda client, once: client.notices.mark_read(idempotency_key=once))

    async def list_ways(self, _owner: str) -> Mapping[Channel, Way]:
        """Give the channels that lead out."""
        return await self._line.ask(
            lambda client: {
                Channel(it["way"]): Way(ME, Channel(it["way"]), it["to"], is_on=it["is_on"])
                for it in client.notices.list_notice_ways()["ways"]
            }
        )

    async def kinds_of(self, _owner: str, channel: Channel) -> frozenset[NoticeKind]:
        """Give the kinds that go by a channel that leads out."""
        return await self._line.ask(
            lambda client: frozenset(
                NoticeKind(kind)
                for it in client.notices.list_notice_ways()["ways"]
                if it["way"] == channel.value
                for kind in it["kinds"]
            )
        )

    async def change_way(
        self, channel: Channel, place: str, kinds: tuple[str, ...] | None, *, is_on: bool
    ) -> Secret | None:
        """Choose where notices go and which kinds, at once, on a code."""
        wish: WayWish = {
            "way": channel.value,
            "to": place,
            "is_on": is_on,
            "kinds": None if kinds is None else list(kinds),
            "code": self._ask_code().reveal(),
        }
        told = await self._line.act(
            lambda client, once: client.notices.set_notice_way(wish, idempotency_key=once)
        )
        return None if told["secret"] is None else Secret(told["secret"])

    async def summary_at(self, _owner: str) -> str:
        """Give when the daily summary is told, empty when it is not."""
        return await self._line.ask(lambda client: client.notices.list_notice_ways()["summary"])

    async def set_summary(self, _owner: str, at: str) -> None:
        """Choose when the daily summary is told."""
        await self._line.act(
            lambda client, once: client.notices.set_notice_summary({"at": at}, idempotency_key=once)
        )


def _read_kept(told: NoticeTold) -> Kept:
    notice = read_as(Notice, told, {"owner": ME})
    return read_as(Kept, told, {"n": told["id"], "notice": notice, "due_ms": told["last_ms"]})
