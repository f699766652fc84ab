"""Backups in the chat: when the last one was made, and nothing else."""

from pathlib import Path

from drawbridge.accounts.roles import Role
from drawbridge.app.backup import Wish
from tests.kit.bot_house import BotHouse


async def _be(bot: BotHouse, role: Role) -> None:
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = ? WHERE id = ?", role, bot.owner)


async def test_settings_tell_an_owner_when_the_last_backup_was_made(
    bot: BotHouse, tmp_path: Path
) -> None:
    person = await bot.linked()
    await _be(bot, Role.OWNER)
    await person.say("/menu")
    assert "There is no backup" in await person.press("Settings")
    await bot.house.safe_keeping.make_recovery_key(bot.owner)
    await bot.house.safe_keeping.make(bot.owner, tmp_path / "out", Wish())
    await person.say("/menu")
    assert "The last backup was made" in await person.press("Settings")


async def test_others_are_told_nothing_of_it(bot: BotHouse) -> None:
    person = await bot.linked()
    await _be(bot, Role.MEMBER)
    await person.say("/menu")
    assert "backup" not in await person.press("Settings")
