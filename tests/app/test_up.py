"""Which processes `drawbridge up` starts."""

from dataclasses import replace
from pathlib import Path

import pytest

from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY
from drawbridge.app.up import children_of
from drawbridge.core.errors import BadInput, Conflict


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


@pytest.mark.parametrize("count", [0, -1, 65])
def test_so_many_workers_are_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="bad_workers"):
        children_of(Settings(tmp_path), with_paper=False, workers=count)


def test_a_file_of_rows_has_one_worker(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="workers_need_server"):
        children_of(Settings(tmp_path), with_paper=False, workers=2)


def test_workers_of_a_server_stand_behind_a_gateway_each_on_its_port(tmp_path: Path) -> None:
    store = StoreSettings("postgresql://ada@localhost/x")
    settings = Settings(tmp_path, store=store, cluster=ClusterSettings("127.0.0.1:9100"))
    children = {it.name: it for it in children_of(settings, with_paper=True, workers=2)}
    assert list(children) == ["worker-1", "worker-2", "gateway", "web", "paper"]
    ports = [children[f"worker-{n}"].environment["DRAWBRIDGE_WORKER"] for n in (1, 2)]
    assert ports == ["127.0.0.1:9100", "127.0.0.1:9101"]
    assert children["gateway"].module == "drawbridge.entrypoints.front"
    assert all("--with-parent" in it.arguments for it in children.values())
    last = replace(settings, cluster=ClusterSettings("127.0.0.1:65535"))
    with pytest.raises(BadInput, match="bad_port"):
        children_of(last, with_paper=False, workers=2)
