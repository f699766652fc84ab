"""Backups: when the last one was made, the recovery key shown once, and a backup to take along.

For owners only: a backup holds what everybody here has. Looking through one and putting one back
ask for the recovery key, and are done on the command line of the machine that is to hold it.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final

from starlette.responses import Response, StreamingResponse

from drawbridge.app.backup import Wish, name_at
from drawbridge.app.backup_records import Backup
from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.qr import draw_qr
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.wording.formats import to_places

_PIECE: Final = 1 << 18
_SMALLEST_MB: Final = Decimal("0.1")
_MADE: Final = "made"
_KEY: Final = "key"
_NO_KEY: Final = "recovery_key_absent"


@dataclass(frozen=True, slots=True)
class BackupView:
    """A backup as the page lists it."""

    made_ms: int
    name: str
    size: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BackupPages:
    """The page, and what it gives."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how backups stand."""
        return await self._page(visit, "", Form())

    async def make_key(self, visit: Visit, fields: Fields) -> Response:
        """Draw a recovery key, on a code, and show it this one time."""
        try:
            await self._check_code(visit, fields)
        except DrawbridgeError as error:
            return await self._page(visit, _KEY, refused(error, ("code",), {}), error.http_status)
        key = (await self.house.safe_keeping.make_recovery_key(visit.person.id)).reveal()
        return self.site.page(visit, "backups/key.html", {"key": key, "picture": draw_qr(key)})

    async def download(self, visit: Visit, fields: Fields) -> Response:
        """Make a backup, on a code, and give it to the browser; nothing of it stays here."""
        wish = Wish(
            paper="paper" in fields.chosen("with"), candles="candles" in fields.chosen("with")
        )
        try:
            await self._check_code(visit, fields)
            made, file = await self._made(visit.person.id, wish)
        except DrawbridgeError as error:
            form = refused(error, ("code",), {}, frozenset(fields.chosen("with")))
            # Without a recovery key, the page has no other form.
            of = _KEY if error.code == _NO_KEY else _MADE
            return await self._page(visit, of, form, error.http_status)
        headers = {
            "content-disposition": f'attachment; filename="{name_at(made.made_ms)}"',
            "content-length": str(made.size_bytes),
        }
        return StreamingResponse(
            _pieces(file), media_type="application/octet-stream", headers=headers
        )

    async def _made(self, owner: str, wish: Wish) -> tuple[Backup, BinaryIO]:
        folder = await asyncio.to_thread(
            tempfile.TemporaryDirectory, dir=self.house.settings.data, prefix=".download-"
        )
        try:
            made = await self.house.safe_keeping.make(
                owner, Path(folder.name) / "backup", wish, name=""
            )
            # Open, and without a name from now on: it is gone with the answer, however that ends.
            file = await asyncio.to_thread((Path(folder.name) / "backup").open, "rb")
        finally:
            await asyncio.to_thread(folder.cleanup)
        return made, file

    async def _check_code(self, visit: Visit, fields: Fields) -> None:
        await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))

    async def _page(self, visit: Visit, of: str, form: Form, status: int = 200) -> Response:
        """Show the page; `of` says to which of its two forms a problem belongs."""
        keeping = self.house.safe_keeping
        kept = await keeping.read_kept()
        facts = {
            "kept": kept,
            "is_old": kept.is_old(self.house.clock.now_ms()),
            "backups": [_view(it) for it in await keeping.list_backups()],
            "form": form if of == _MADE else Form(),
            "key_form": form if of == _KEY else Form(),
        }
        return self.site.page(visit, "backups/show.html", facts, status)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _view(made: Backup) -> BackupView:
    size = to_places(max(Decimal(made.size_bytes) / 1_000_000, _SMALLEST_MB), 1)
    return BackupView(made.made_ms, made.name, size, made.fingerprint)
