"""Metrics as Prometheus reads them: labels from a closed list, and no id of anybody in them."""

import logging
from collections.abc import Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from drawbridge.app.observing.metrics import Metrics
from drawbridge.app.observing.readings import LABELS, Counts, Reading, Source, States, Times
from drawbridge.app.observing.troubles import Troubles
from drawbridge.core.errors import Corrupted, ExchangeDown
from drawbridge.core.measures import Spreads


def _of(*readings: Reading) -> Source:
    async def read() -> Sequence[Reading]:
        return readings

    return read


async def _samples(*sources: Source) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = (await Metrics(sources).text()).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("label", ["owner", "key", "robot", "account", "address"])
async def test_a_label_that_is_not_on_the_list_is_refused_before_anything_is_told(
    label: str,
) -> None:
    with pytest.raises(Corrupted, match="unknown_label"):
        await Metrics([_of(Counts("x", (label,), {("somebody",): 1}))]).text()


async def test_a_source_that_fails_takes_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> Sequence[Reading]:
        raise ExchangeDown("database_away")

    found = await _samples(fail, _of(States("tasks", (), {(): 7})))
    assert found["drawbridge_tasks", frozenset()] == 7
    assert "database_away" in caplog.text


async def test_counts_states_and_times_are_told_as_what_they_are() -> None:
    times = Spreads()
    for took_us in (90, 100, 2_000, 99_000_000):
        times.add(took_us, "order")
    found = await _samples(
        _of(
            Counts("requests", ("exchange", "outcome"), {("one", "down"): 3}),
            States("robots", ("status",), {("started",): 2}),
            Times("crossing_seconds", ("what",), times.spreads()),
        )
    )
    name, what = "drawbridge_crossing_seconds", ("what", "order")
    assert (
        found["drawbridge_requests_total", frozenset({("exchange", "one"), ("outcome", "down")})]
        == 3
    )
    assert found["drawbridge_robots", frozenset({("status", "started")})] == 2
    assert found[f"{name}_bucket", frozenset({what, ("le", "0.0001")})] == 2
    assert found[f"{name}_bucket", frozenset({what, ("le", "0.0025")})] == 3
    assert found[f"{name}_bucket", frozenset({what, ("le", "10.0")})] == 3
    assert found[f"{name}_bucket", frozenset({what, ("le", "+Inf")})] == 4
    assert found[f"{name}_count", frozenset({what})] == 4
    assert found[f"{name}_sum", frozenset({what})] == pytest.approx(99.00219)


async def test_what_the_system_knows_of_the_process_comes_beside() -> None:
    found = await _samples()
    assert found["process_resident_memory_bytes", frozenset()] > 1_000_000


async def test_failures_are_counted_by_their_codes() -> None:
    troubles, log = Troubles(), logging.getLogger("drawbridge.tests")
    with troubles.counting():
        for _ in range(2):
            log.warning("reconcile: %s", Corrupted("database_failed", reason="disk"))
        log.error("lost")
    log.error("after the end")
    found = await _samples(troubles.read)
    name = "drawbridge_log_lines_total"
    assert found[name, frozenset({("level", "warning"), ("code", "database_failed")})] == 2
    assert found[name, frozenset({("level", "error"), ("code", "")})] == 1


def test_no_label_names_anybody() -> None:
    assert LABELS.isdisjoint({"owner", "key", "key_id", "robot", "virtual_id", "account", "name"})
