"""Lines of a log, as people and machines read them, and what never stands in one."""

import asyncio
import json
import logging
import queue
import sys
from collections.abc import Iterator

import pytest

from drawbridge.app.observing.logs import (
    LogStyle,
    Teller,
    log_to_stderr,
    name_worker,
    read_log_style,
    read_record,
)
from drawbridge.core.errors import BadInput, Corrupted
from drawbridge.core.secret import MASK, Secret
from tests.kit.planted import Planted

_AT = 1_795_287_072.9


def _record(words: str, *given: object, raised: BaseException | None = None) -> logging.LogRecord:
    info = None if raised is None else (type(raised), raised, raised.__traceback__)
    record = logging.LogRecord("drawbridge.any", logging.WARNING, "any.py", 1, words, given, info)
    record.created = _AT
    return record


def _as_json(record: logging.LogRecord, teller: Teller | None = None) -> dict[str, str]:
    handler = log_to_stderr(teller or Teller("gateway"), LogStyle.JSON)
    told: dict[str, str] = json.loads(handler.format(record))
    return told


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    it = logging.getLogger()
    before = list(it.handlers)
    yield it
    it.handlers[:] = before


def test_a_style_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput) as told:
        read_log_style({"DRAWBRIDGE_LOG": "xml"})
    assert told.value.code == "unknown_log_style"
    assert told.value.facts["known"] == "plain, json"


def test_words_are_plain_unless_asked_otherwise() -> None:
    assert read_log_style({}) is LogStyle.PLAIN
    assert read_log_style({"DRAWBRIDGE_LOG": "json"}) is LogStyle.JSON


def test_a_line_says_when_by_utc_and_which_process() -> None:
    line = log_to_stderr(Teller("gateway")).format(_record("slow %s", "disk"))
    assert line == "2026-11-21T18:51:12Z gateway: slow disk"


def test_a_line_for_machines_names_all_its_parts() -> None:
    record = _record("reconcile: %s", Corrupted("database_failed", reason="locked"))
    assert _as_json(record, Teller("worker", "w1")) == {
        "time": "2026-11-21T18:51:12.900Z",
        "level": "warning",
        "process": "worker",
        "worker": "w1",
        "source": "drawbridge.any",
        "code": "database_failed",
        "message": "reconcile: database_failed reason=locked",
    }


def test_lines_say_which_worker_once_that_is_known(root: logging.Logger) -> None:
    handler = log_to_stderr(Teller("worker"), LogStyle.JSON)
    root.addHandler(handler)
    assert "worker" not in json.loads(handler.format(_record("x")))
    name_worker("w7")
    assert json.loads(handler.format(_record("x")))["worker"] == "w7"


def _raised(text: str) -> BaseException:
    try:
        int(text)
    except ValueError as error:
        return error
    raise AssertionError(text)


def test_an_exception_is_told_by_its_kind_and_place_and_never_by_its_text() -> None:
    record = _record("work ended", raised=_raised("hunter2 is what was typed"))
    told = _as_json(record)
    assert told["error"] == "ValueError"
    assert told["at"].startswith("test_logs.py:")
    for line in (json.dumps(told), log_to_stderr(Teller("web")).format(record)):
        assert "hunter2" not in line
        assert "Traceback" not in line


class _Keeping(logging.Handler):
    def __init__(self, kept: queue.SimpleQueue[logging.LogRecord]) -> None:
        super().__init__()
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.put(record)


async def test_what_asyncio_tells_of_a_lost_task_holds_nothing_of_it(
    root: logging.Logger,
) -> None:
    kept: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    root.addHandler(_Keeping(kept))

    async def fail(password: str) -> None:
        raise ValueError(password)

    task = asyncio.create_task(fail("hunter2"))
    await asyncio.wait((task,))
    loop = asyncio.get_running_loop()
    text = "Task exception was never retrieved"
    loop.default_exception_handler({"message": text, "exception": task.exception(), "future": task})
    record = kept.get_nowait()
    assert "hunter2" in record.getMessage()
    assert "hunter2" not in json.dumps(_as_json(record))
    assert read_record(record).message == text


def test_words_that_do_not_fit_are_told_without_what_was_given() -> None:
    assert read_record(_record("%s and %s", "hunter2")).message == "%s and %s"


def test_no_planted_secret_stands_in_any_line() -> None:
    """Scenario 34: in whatever words a secret comes, no line of a log holds it."""
    secrets = {
        "api secret": "Zk3vPq9sT1xW8yB5nM2cL7dF4gH6jK0aQwErTyUiOpAsDfGhJkLzXcVbNm123456",
        "passphrase": "my-pass.phrase!",
        "bot token": "7312345678:AAH-k3_9sT1xW8yB5nM2cL7dF4gH6jK0aQw",
        "listen key": "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1",
        "signature": "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    }
    pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIF\n-----END PRIVATE KEY-----"
    it = secrets
    records = [
        _record("opened %s", Secret(it["api secret"])),
        _record("GET https://api.example/v3/order?signature=%s&recv=5", it["signature"]),
        _record("/api/v3/order?timestamp=1&signature=%s", it["signature"]),
        _record("wss://stream.example/ws/%s closed", it["listen key"]),
        _record("POST https://api.telegram.org/bot%s/sendMessage", it["bot token"]),
        _record("postgresql://me:%s@host:5432/db is away", it["passphrase"]),
        _record("headers {'OK-ACCESS-PASSPHRASE': '%s'}", it["passphrase"]),
        _record("X-MBX-APIKEY: %s", it["api secret"]),
        _record("Authorization: Bearer %s", it["api secret"]),
        _record("KC-API-SIGN=%s, x", it["signature"]),
        _record("cookie: session=%s", it["api secret"]),
        _record('{"secret": "%s"}', it["passphrase"]),
        _record("it said %s", it["signature"]),
        _record("key %s", pem),
        _record("lost", raised=_raised(it["passphrase"])),
    ]
    planted = Planted({**secrets, "pem": "MC4CAQAwBQYDK2VwBCIEIF"})
    for style in LogStyle:
        handler = log_to_stderr(Teller("gateway"), style)
        for record in records:
            line = handler.format(record)
            assert planted.in_bytes(line.encode()) == [], line
            assert "\n" not in line
    assert MASK in log_to_stderr(Teller("web")).format(records[0])


def test_what_holds_no_secret_is_told_as_it_is() -> None:
    for words in (
        "replacement replacement_4f7q2mzzabcdefgh: key_expired",
        "stream of candles BTC/USDT 1h: exchange_down host=api.example",
        "ValueError at connection.py:211",
        "7 robots wait for 3 seconds",
    ):
        assert read_record(_record(words)).message == words


def test_the_record_is_not_kept_from_other_handlers() -> None:
    record = _record("token=%s", "abc")
    assert read_record(record).message == f"token={MASK}"
    assert record.getMessage() == "token=abc"
    assert sys.exc_info() == (None, None, None)
