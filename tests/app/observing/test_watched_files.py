"""What operators load elsewhere names only metrics that there are, and the document names all."""

import json
import re
from os import urandom
from pathlib import Path
from typing import Final

import yaml

from drawbridge.app.build import open_house
from drawbridge.app.front_process import Way
from drawbridge.app.observing import sources
from drawbridge.app.observing.exporting import Exporter
from drawbridge.app.observing.journalling import TimedJournal
from drawbridge.app.observing.loop import LoopWatch
from drawbridge.app.observing.readings import Counts, Reading, Times
from drawbridge.app.observing.troubles import Troubles
from drawbridge.app.settings import Settings
from drawbridge.cluster.directory import Directory
from drawbridge.cluster.share import WHOLE
from drawbridge.entrypoints.edge.lines import Lines
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.front.watching import FrontWatch, WaysWatch
from drawbridge.gateway.crossing_log import CrossingLog
from drawbridge.gateway.measures import Measures
from drawbridge.storage.engines import open_journal, open_wakes
from tests.architecture.tree import ROOT
from tests.kit.store import store_in

_ALERTS: Final = ROOT / "deploy" / "prometheus" / "alerts.yml"
_BOARD: Final = ROOT / "deploy" / "grafana" / "drawbridge.json"
_DOCUMENT: Final = ROOT / "docs" / "howto" / "watch-it.md"
_NAME: Final = re.compile(r"\bdrawbridge_\w+")


def _ticks() -> int:
    return 0


async def _readings(folder: Path) -> list[Reading]:
    data = folder / "data"
    async with open_house(Settings(data=data, store=store_in(data))) as house:
        rows = open_journal(house.settings.database)
        wakes = open_wakes(house.database, rows)
        lines = Lines(Way(house.settings).dial, b"", urandom)
        routes = Routes(Directory(house.database, _ticks), lines)
        try:
            every = (
                sources.identity("worker", "0.1.0"),
                sources.road(Measures(_ticks)),
                sources.bots(CrossingLog(house.database, rows, house.clock)),
                sources.journal(TimedJournal(rows, _ticks)),
                sources.work(lambda: True, lambda: 0, WHOLE),
                sources.database(house.database, _ticks),
                sources.rows(house.database, WHOLE, _ticks, is_cluster=True),
                sources.jobs(wakes, WHOLE),
                FrontWatch(_ticks).read,
                WaysWatch(routes, _ticks).read,
                LoopWatch().read,
                Troubles().read,
                Exporter("http://127.0.0.1/v1/traces", {}).read,
            )
            return [reading for source in every for reading in await source()]
        finally:
            await wakes.close()
            await rows.close()


def _told_as(reading: Reading) -> set[str]:
    name = f"drawbridge_{reading.name}"
    if isinstance(reading, Counts):
        return {f"{name}_total"}
    if isinstance(reading, Times):
        return {f"{name}{end}" for end in ("_bucket", "_sum", "_count")}
    return {name}


async def test_alerts_and_board_name_only_what_there_is(tmp_path: Path) -> None:
    readings = await _readings(tmp_path)
    known = {name for reading in readings for name in _told_as(reading)}
    for file in (_ALERTS, _BOARD):
        named = set(_NAME.findall(file.read_text(encoding="utf-8")))
        assert named <= known, (file.name, named - known)


async def test_the_document_names_every_metric_and_no_other(tmp_path: Path) -> None:
    readings = await _readings(tmp_path)
    known = {f"drawbridge_{it.name}{'_total' if isinstance(it, Counts) else ''}" for it in readings}
    first = re.findall(r"^\|([^|]+)\|", _DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    named = [name for cell in first for name in _NAME.findall(cell)]
    assert sorted(named) == sorted(known)


def test_every_alert_says_who_is_woken_and_what_to_do() -> None:
    told = yaml.safe_load(_ALERTS.read_text(encoding="utf-8"))
    rules = [rule for group in told["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert set(rule["annotations"]) == {"summary", "next"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_panel_asks_something_and_has_a_place_of_its_own() -> None:
    panels = json.loads(_BOARD.read_text(encoding="utf-8"))["panels"]
    places = {(it["gridPos"]["x"], it["gridPos"]["y"]) for it in panels}
    assert len(places) == len(panels) == len({it["id"] for it in panels})
    for panel in panels:
        assert panel["title"]
        assert all(target["expr"] for target in panel["targets"])
