"""Faults over real sockets, changed while the exchange runs (scenario 91)."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, NotProven, OutcomeUnknown
from drawbridge.core.operations import GetServerTime
from drawbridge.paper.trouble import wish_faults
from tests.kit.house import until
from tests.kit.processes import Paper, Process, drawbridge
from tests.kit.trader import AMOUNT, BY_QUANTITY, Trader, port_of, trader_of

WITHIN_S = 20
FINE = "fine"
CUT = "cut"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    running = Paper(tmp_path_factory.mktemp("paper"), unlimited=True, only=BY_QUANTITY)
    yield running
    assert running.process.stop() == 0


async def said(trader: Trader, port: int) -> str:
    """Ask for the time; give what was wrong, by its code."""
    try:
        await trader.ask(port, GetServerTime())
    except (OSError, EOFError):
        return CUT
    except DrawbridgeError as error:
        return error.code
    return FINE


async def misbehave(paper: Paper, trader: Trader, faults: str, sign: str) -> None:
    """Change the faults, and wait until that sign of them is seen."""
    await wish_faults(paper.state, faults)
    port = port_of(paper, trader.exchange.id)

    async def is_seen() -> bool:
        return await said(trader, port) == sign

    await until(is_seen, f"{faults} is seen")


@pytest.mark.parametrize("exchange_id", BY_QUANTITY)
async def test_a_busy_exchange_says_so_in_its_own_words(paper: Paper, exchange_id: str) -> None:
    trader, port = trader_of(paper, exchange_id), port_of(paper, exchange_id)
    await misbehave(paper, trader, "seed=a,errors=100%", "overloaded")
    told = {await said(trader, port) for _ in range(50)}
    assert told == {"overloaded", "maintenance", "timed_out"}
    # Refused: nothing was carried out.
    with pytest.raises((ExchangeDown, OutcomeUnknown)):
        await trader.ask(port, trader.order("busy"))
    await misbehave(paper, trader, "off", FINE)
    assert await trader.find(port, "busy") is None


@pytest.mark.parametrize("exchange_id", BY_QUANTITY)
async def test_an_answer_that_is_lost_was_carried_out_once(paper: Paper, exchange_id: str) -> None:
    trader, port = trader_of(paper, exchange_id), port_of(paper, exchange_id)
    before = await trader.coins(port)
    await misbehave(paper, trader, "lost=100%", CUT)
    with pytest.raises((OSError, EOFError)):
        await trader.answer(port, trader.order("lost"))
    await misbehave(paper, trader, "off", FINE)
    order = await trader.find(port, "lost")
    assert order is not None
    assert order.filled == AMOUNT
    assert 0 < await trader.coins(port) - before <= AMOUNT


async def test_a_connection_that_is_cut_has_carried_nothing(paper: Paper) -> None:
    trader, port = trader_of(paper, "binance"), port_of(paper, "binance")
    await misbehave(paper, trader, "cut=100%", CUT)
    with pytest.raises((OSError, EOFError)):
        await trader.answer(port, trader.order("cut"))
    await misbehave(paper, trader, "off", FINE)
    assert await trader.find(port, "cut") is None


async def test_a_ban_is_told_with_the_wait_that_the_exchange_tells(paper: Paper) -> None:
    trader, port = trader_of(paper, "binance"), port_of(paper, "binance")
    await misbehave(paper, trader, "ban=0+9", "banned")
    answer = await trader.answer(port, GetServerTime())
    assert (answer.status, answer.header(b"retry-after")) == (418, b"120")
    with pytest.raises(ExchangeDown, match="banned"):
        await trader.ask(port, GetServerTime())
    await misbehave(paper, trader, "off", FINE)


@pytest.mark.parametrize(("clock", "code"), [("+60000", "stale_stamp"), ("-60000", "stamp_ahead")])
async def test_a_wrong_clock_makes_right_stamps_wrong(paper: Paper, clock: str, code: str) -> None:
    """Scenario 45 begins here: whoever asks for the exchange's time learns how wrong it is."""
    trader, port = trader_of(paper, "binance"), port_of(paper, "binance")
    true_ms = (await trader.ask(port, GetServerTime())).time_ms
    await wish_faults(paper.state, f"clock={clock}")

    async def is_wrong() -> bool:
        told_ms = (await trader.ask(port, GetServerTime())).time_ms
        return abs(told_ms - true_ms - int(clock)) < 20_000

    await until(is_wrong, "the clock is wrong")
    with pytest.raises(NotProven, match=code):
        await trader.coins(port)
    await wish_faults(paper.state, "off")

    async def is_right() -> bool:
        with contextlib.suppress(NotProven):
            return await trader.coins(port) > 0
        return False

    await until(is_right, "the clock is right again")
    assert paper.ledger()["balanced"] is True


async def test_a_stream_breaks_after_so_many_frames_without_a_word(paper: Paper) -> None:
    trader = trader_of(paper, "binance")
    url = f"{paper.exchanges['binance']['ws']}/ws/btcusdt@ticker"
    await misbehave(paper, trader, "drop=3,errors=100%", "overloaded")
    await misbehave(paper, trader, "drop=3", FINE)
    # 1006: the line was gone without a closing frame.
    assert await frames_until_the_end(url) == (3, 1006)
    await misbehave(paper, trader, "off", FINE)


async def frames_until_the_end(url: str) -> tuple[int, int | None]:
    frames = 0
    async with asyncio.timeout(WITHIN_S), connect(url) as socket:
        with contextlib.suppress(ConnectionClosed):
            while await socket.recv():
                frames += 1
    return frames, socket.close_code


async def test_a_handshake_meets_faults_as_a_request_does(paper: Paper) -> None:
    trader = trader_of(paper, "binance")
    url = f"{paper.exchanges['binance']['ws']}/ws/btcusdt@ticker"
    await misbehave(paper, trader, "ban=0+9", "banned")
    with pytest.raises(InvalidStatus) as refused:
        await connect(url)
    assert refused.value.response.status_code == 418
    for silence in ("cut=100%", "lost=100%"):
        await misbehave(paper, trader, silence, CUT)
        with pytest.raises((OSError, EOFError, InvalidMessage)):
            await connect(url)
    await misbehave(paper, trader, "off", FINE)


async def test_the_account_site_never_misbehaves(paper: Paper) -> None:
    trader = trader_of(paper, "binance")
    await misbehave(paper, trader, "cut=100%", CUT)
    address = paper.account_site.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*address.split(":"))
    lines = ("GET /log-in HTTP/1.1", f"host: {address}", "connection: close", "", "")
    writer.write("\r\n".join(lines).encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    await misbehave(paper, trader, "off", FINE)


async def test_the_same_seed_and_the_same_requests_meet_the_same_faults(tmp_path: Path) -> None:
    """From the start of a process, given on the command line."""
    faults = "seed=tuesday,errors=20%,cut=20%,lost=20%,ban=30+5,latency=0..3"
    seen = []
    for name in ("one", "two"):
        paper = Paper(tmp_path / name, unlimited=True, only=("binance",), faults=faults)
        trader, port = trader_of(paper, "binance"), port_of(paper, "binance")
        seen.append([await said(trader, port) for _ in range(60)])
        assert paper.process.stop() == 0
    assert seen[0] == seen[1]
    assert {FINE, CUT, "banned", "overloaded", "timed_out"} <= set(seen[0])


def test_a_start_begins_without_the_faults_that_an_earlier_process_was_told(
    tmp_path: Path,
) -> None:
    state = str(tmp_path)
    Paper(tmp_path, only=("binance",), faults="cut=100%").process.stop()
    arguments = ["paper", "--state", state, "--port-base", "0", "--exchange", "kraken", "--json"]
    process = Process("drawbridge.entrypoints.cli.main", arguments)
    try:
        assert drawbridge("paper", "faults", "--state", state).stdout.strip() == "off"
        assert drawbridge("paper", "faults", "cut=1%", "--state", state).returncode == 0
        told = drawbridge("paper", "faults", "--state", state, "--json").stdout
        assert json.loads(told) == {"faults": "cut=1%"}
    finally:
        process.stop()
    # And none can be told to an exchange that does not run.
    refused = drawbridge("paper", "faults", "cut=1%", "--state", state)
    assert refused.returncode == 5
    assert "No process runs the paper exchange" in refused.stderr


def test_faults_that_make_no_sense_stop_the_start(tmp_path: Path) -> None:
    done = drawbridge("paper", "--state", str(tmp_path), "--port-base", "0", "--faults", "gremlins")
    assert done.returncode == 2
    assert "gremlins" in done.stderr
