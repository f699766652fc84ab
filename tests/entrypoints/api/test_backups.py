"""Backups over the API: told to owners, and made nowhere but on the machine itself."""

from pathlib import Path

from drawbridge.app.backup import Wish
from tests.kit.program_life import Life


async def test_backups_are_told_and_cannot_be_made(life: Life, tmp_path: Path) -> None:
    house = life.site.house
    empty = await life.program.get("/backups")
    assert empty.told == {"recovery_key_made_ms": None, "backups": []}
    await house.safe_keeping.make_recovery_key(life.owner)
    made = await house.safe_keeping.make(life.owner, tmp_path / "out", Wish())
    [told] = (await life.program.get("/backups")).told["backups"]
    assert (told["name"], told["size_bytes"], told["digest"]) == (
        "out",
        made.size_bytes,
        made.digest,
    )
    assert (await life.program.post("/backups", {})).status == 405
