"""Which processes `drawbridge up` starts."""

from pathlib import Path

from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.settings import Settings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY
from drawbridge.app.up import children_of


def test_without_a_token_there_is_no_bot(tmp_path: Path) -> None:
    names = [child.name for child in children_of(Settings(tmp_path), with_paper=True)]
    assert names == ["gateway", "web", "paper"]


def test_with_a_token_file_the_bot_runs_and_overwrites_what_it_frees(tmp_path: Path) -> None:
    notices = NoticeSettings(telegram_token_file=tmp_path / "token")
    children = {
        it.name: it for it in children_of(Settings(tmp_path, notices=notices), with_paper=False)
    }
    assert set(children) == {"gateway", "web", "telegram"}
    bot = children["telegram"]
    assert bot.environment.items() >= WIPE_FREED_MEMORY.items()
    assert bot.environment["DRAWBRIDGE_TELEGRAM_TOKEN_FILE"] == str(tmp_path / "token")
