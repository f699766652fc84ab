"""Keys from the command line: secrets by pipe only, bad input named, nothing stored."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.operations import Scope
from drawbridge.robots.wishes import Wish
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.command_line import KEY, SECRET, CommandLine

ADD = ("key", "add", "--exchange", "binance", "--json")
_ENABLED = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ("", "missing_field", "api_key"),
        ("\n\n", "missing_field", "api_key"),
        (f"{KEY}\n", "missing_field", "api_secret"),
        (f"{KEY}\n   \n", "missing_field", "api_secret"),
        ("{", "stdin_not_json", "stdin"),
        ("{" * 100_000, "stdin_not_json", "stdin"),
        ('{"api_key": 5}', "stdin_not_texts", "stdin"),
        ('{"api_key": "x", "pin": "1"}', "unknown_field", "pin"),
        (f"{KEY}\n{'s' * 1_000_000}\n", "too_long", "stdin"),
        (f"{KEY}\n{'s' * 100_000}\n", "too_long", "api_secret"),
        (f"{KEY}\nshort\n", "wrong_format", "api_secret"),
        (f"{KEY}\n{KEY}\n", "same_text_twice", "api_secret"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    line: CommandLine, given: str, code: str, field: str
) -> None:
    done = line.given(given, *ADD)

    told = json.loads(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert (told["code"], told["facts"]["field"]) == (code, field)
    assert SECRET not in done.stderr
    assert line.told("key", "list") == []


def test_a_venue_or_exchange_that_is_none_is_refused(line: CommandLine) -> None:
    venue = line.given(f"{KEY}\n{SECRET}\n", *ADD, "--venue", "moon")
    exchange = line.given(f"{KEY}\n{SECRET}\n", "key", "add", "--exchange", "moon", "--json")

    assert json.loads(venue.stderr)["facts"]["field"] == "venue"
    assert exchange.returncode == 5
    assert json.loads(exchange.stderr)["code"] == "unknown_exchange"


def test_a_way_of_proving_that_is_none_is_refused(line: CommandLine) -> None:
    line.add_key("Alice")

    added = line.given(f"{KEY}\n{SECRET}\n", *ADD, "--proof", "prayer")
    code, told = line.refused("key", "verify", "Alice", "--proof", "prayer")

    assert json.loads(added.stderr)["code"] == "bad_proof"
    assert (code, told["code"]) == (2, "bad_proof")


def test_a_currency_that_is_none_is_refused(line: CommandLine) -> None:
    line.add_key("Alice")

    code, told = line.refused("key", "show", "Alice", "--currency", "U S D")

    assert (code, told["code"], told["facts"]["field"]) == (2, "bad_currency", "currency")


@pytest.mark.parametrize("command", ["show", "verify", "disable", "enable"])
def test_a_key_that_is_not_there_is_not_found(line: CommandLine, command: str) -> None:
    for name in ("", "Binance #1", "x" * 1_000_000):
        code, told = line.refused("key", command, name)
        assert (code, told["code"]) == (5, "unknown_key")


def test_a_key_is_not_deleted_unless_that_is_confirmed(line: CommandLine) -> None:
    line.add_key()

    done = line.given("", "key", "delete", "Binance #1", "--json")

    assert done.returncode == 2
    assert json.loads(done.stderr)["code"] == "not_confirmed"
    assert len(line.told("key", "list")) == 1


def test_an_owner_who_is_not_there_is_refused(line: CommandLine) -> None:
    code, told = line.refused("key", "list", "--owner", "Bob")

    assert (code, told["code"]) == (5, "no_such_owner")
    assert line.told("key", "list", "--owner", "ann") == []


@pytest.mark.parametrize(
    "given",
    [
        f"{KEY}\n{SECRET}\n",
        json.dumps({"api_key": KEY, "api_secret": SECRET, "passphrase": None}),
    ],
)
def test_a_key_is_added_from_a_pipe_and_its_secret_is_never_shown(
    line: CommandLine, given: str
) -> None:
    done = line.given(given, *ADD, "--label", "Alice")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["label"], told["status"]) == ("Alice", "unverified")
    assert "not running" in done.stderr
    shown = [line.on_data("key", "show", "alice")[1], line.on_data("key", "list")[1]]
    for text in (done.stdout, done.stderr, *shown):
        assert SECRET not in text


def test_blanks_and_quotes_are_taken_off_and_told(line: CommandLine) -> None:
    """Scenario 4."""
    done = line.given(f' "{KEY}" \n{SECRET}\t\n', *ADD)

    assert done.returncode == 0, done.stderr
    assert "API key" in done.stderr
    assert "API secret" in done.stderr
    assert line.told("key", "list")[0]["key"] == KEY


def test_a_key_is_found_by_its_id_and_by_its_name(line: CommandLine) -> None:
    key_id = line.add_key("Alice")

    for name in (key_id, "Alice", "ALICE", " alice "):
        assert line.told("key", "show", name)["id"] == key_id


def test_a_key_is_switched_off_and_on_and_deleted(line: CommandLine) -> None:
    line.add_key("Alice")

    assert line.told("key", "disable", "Alice")["status"] == "disabled"
    assert line.told("key", "enable", "Alice")["status"] == "unverified"
    code, out, _ = line.on_data("key", "delete", "Alice", "--yes")
    assert (code, out) == (0, "“Alice” is deleted and its secret is erased.\n")
    assert line.told("key", "list") == []


def test_a_check_is_wished_for_also_while_nobody_can_do_it(line: CommandLine) -> None:
    line.add_key("Alice")

    code, out, err = line.on_data("key", "verify", "Alice")

    assert (code, out) == (0, "Alice: not checked yet\n")
    assert "drawbridge up" in err


def test_people_see_a_table_with_the_key_masked(line: CommandLine) -> None:
    line.add_key("Alice")

    code, out, _ = line.on_data("key", "list")

    head, row = out.splitlines()
    assert code == 0
    assert head.split()[:3] == ["name", "exchange", "venue"]
    assert row.startswith("Alice")
    assert KEY not in out
    assert "kkkk…kkkk" in row


def test_an_empty_list_says_what_to_do(line: CommandLine) -> None:
    assert "drawbridge key add" in line.on_data("key", "list")[1]


def test_a_key_entered_again_is_told_to_have_been_here(line: CommandLine) -> None:
    """Scenario 3."""
    first = line.given(f"{KEY}\n{SECRET}\n", *ADD)
    again = line.given(f"{KEY}\n{SECRET}\n", *ADD)

    assert "was here already" not in first.stderr
    assert "was here already" in again.stderr
    assert json.loads(again.stdout)["id"] == json.loads(first.stdout)["id"]


def test_a_key_that_a_robot_uses_is_not_deleted(line: CommandLine) -> None:
    """Scenario 41."""
    key = line.add_key("Alice")
    line.house(lambda house: _employ(house, key))

    code, told = line.refused("key", "delete", "Alice", "--yes")

    assert (code, told["code"], told["facts"]["robots"]) == (5, "key_used_by_robots", ["Dawn"])
    assert len(line.told("key", "list")) == 1


def test_holdings_are_shown_with_worth_age_and_what_has_no_price(line: CommandLine) -> None:
    """Scenario 56."""
    key = line.add_key("Alice")
    assert line.told("key", "show", "Alice")["holdings"] is None
    line.house(lambda house: _hold(house, key))

    told = line.told("key", "show", "Alice")["holdings"]
    shown = line.on_data("key", "show", "Alice")[1]

    assert (told["currency"], told["total"], told["unpriced"]) == ("USD", "1234.567", ["XYZ"])
    assert told["holdings"][0]["value"] == "1234.567"
    assert "In sum: 1,234.57 USD (" in shown
    assert "no price was found: XYZ" in shown


def test_another_currency_is_wished_for_also_while_nobody_can_read_it(line: CommandLine) -> None:
    key = line.add_key("Alice")
    line.house(lambda house: _hold(house, key))

    code, out, err = line.on_data("key", "show", "Alice", "--currency", "eur")

    assert code == 0
    assert "1,234.57 USD" in out
    assert "could not be read anew yet" in err
    assert line.told("key", "show", "Alice")["holdings"]["wished"] == "EUR"


async def _hold(house: House, key: str) -> None:
    await house.vault.record_verdict(key, _ENABLED)
    worth = Decimal("1234.567")
    holdings = (
        Holding("BTC", Decimal("0.5"), Decimal(0), worth, 4_000),
        Holding("XYZ", Decimal(7), Decimal(0), None, None),
    )
    portfolio = Portfolio("USD", worth, holdings, ("XYZ",), house.clock.now_ms())
    await house.portfolios.keep(key, portfolio)


async def _employ(house: House, key: str) -> None:
    await house.vault.record_verdict(key, _ENABLED)
    owner = (await house.vault.get_record(key)).owner
    robot = await house.robots.create(owner, Wish(key, "BTC/USDT", "100", name="Dawn"))
    await house.robots.start(owner, robot.id)
