"""Which texts of a file are exchange keys, of whom, and why some cannot be brought in."""

import json

import pytest
from cryptography.fernet import Fernet

from drawbridge.core.errors import BadInput
from drawbridge.importing import veiled
from drawbridge.importing.documents import read_document
from drawbridge.importing.model import Found, Part, Program
from drawbridge.importing.recognising import MOST_FOUND, find_keys
from tests.kit import foreign_files
from tests.kit.foreign_files import KEY, OKX_KEY, OKX_PASSPHRASE, OKX_SECRET, SECRET


def found(text: str, name: str, exchange: str = "") -> tuple[Found, ...]:
    return find_keys(read_document(text.encode(), name), exchange)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{}", "a.json"),
        ('{"key": "", "secret": ""}', "a.json"),
        ('{"exchange": {"name": "binance", "key": "", "secret": ""}}', "a.json"),
        ("AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=abc\n", ".env"),
        (json.dumps({"key": KEY}), "a.json"),
    ],
)
def test_a_file_without_keys_is_told_so(text: str, name: str) -> None:
    with pytest.raises(BadInput) as refused:
        found(text, name)
    assert refused.value.code == "import_nothing_found"


def test_a_file_with_very_many_keys_is_refused() -> None:
    many = [{"exchange": "binance", "key": KEY, "secret": SECRET}] * (MOST_FOUND + 1)
    with pytest.raises(BadInput) as refused:
        found(json.dumps(many), "a.json")
    assert refused.value.code == "import_too_much"


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        ("your_exchange_key", "your_exchange_secret", "wrong_format"),
        (KEY, "", "missing_field"),
        (KEY, KEY, "same_text_twice"),
        (KEY + "!", SECRET, "wrong_format"),
    ],
)
def test_a_key_that_cannot_be_one_says_why(key: str, secret: str, code: str) -> None:
    text = json.dumps({"exchange": {"name": "binance", "key": key, "secret": secret}})
    if not secret:
        with pytest.raises(BadInput):
            found(text, "config.json")
        return
    (told,) = found(text, "config.json")
    assert told.problem is not None
    assert told.problem.code == code
    assert told.exchange == "binance"


def test_what_only_its_program_can_read_says_what_to_do() -> None:
    (told,) = found(foreign_files.HUMMINGBOT, "binance.yml")
    assert told.problem is not None
    assert told.problem.code == "import_encrypted_hummingbot"
    assert (told.exchange, told.program, told.key) == ("binance", Program.HUMMINGBOT, "")
    sealed = Fernet(Fernet.generate_key()).encrypt(KEY.encode()).decode()
    text = json.dumps({"exchanges": {"binance": {"api-key": sealed, "api-secret": sealed}}})
    (told,) = found(text, "config.json")
    assert told.problem is not None
    assert told.problem.code == "import_encrypted"


def test_a_key_that_fits_several_exchanges_waits_for_a_word() -> None:
    text = json.dumps({"apiKey": KEY, "secret": SECRET})
    (told,) = found(text, "a.json")
    assert told.problem is not None
    assert told.problem.code == "import_which_exchange"
    assert "binance" in str(told.problem.facts["known"])
    (told,) = found(text, "a.json", "binance")
    assert (told.exchange, told.problem) == ("binance", None)


@pytest.mark.parametrize(
    ("name", "text", "program", "keys"),
    [
        ("config.json", foreign_files.FREQTRADE, Program.FREQTRADE, {"binance"}),
        (".env", foreign_files.DOTENV, Program.OTHER, {"binance", "okx"}),
        ("accounts.yaml", foreign_files.YAML, Program.OTHER, {"binance", "okx"}),
        ("accounts.toml", foreign_files.TOML, Program.OTHER, {"okx"}),
        ("keys.json", foreign_files.CCXT, Program.CCXT, {"binance", "okx"}),
        ("bot.py", foreign_files.PYTHON, Program.CCXT, {"binance"}),
        ("export.csv", foreign_files.JESSE, Program.JESSE, {"binance_futures"}),
        ("keys.csv", foreign_files.CSV, Program.OTHER, {"binance"}),
    ],
)
def test_keys_are_found_with_their_exchange_and_program(
    name: str, text: str, program: Program, keys: set[str]
) -> None:
    told = found(text, name)
    assert {it.exchange for it in told} == keys
    assert {it.program for it in told} == {program}
    for it in told:
        assert it.problem is None
        is_okx = it.exchange == "okx"
        fields = {field: secret.reveal() for field, secret in it.fields.items()}
        expected = {"api_key": KEY, "api_secret": SECRET}
        if is_okx:
            expected = {"api_key": OKX_KEY, "api_secret": OKX_SECRET, "passphrase": OKX_PASSPHRASE}
        assert fields == expected
        assert text.splitlines()[it.line - 1].find(expected["api_key"]) >= 0


def test_octobots_veil_is_lifted() -> None:
    veil = Fernet(veiled.PUBLISHED)
    account = {
        "api-key": veil.encrypt(OKX_KEY.encode()).decode(),
        "api-secret": veil.encrypt(OKX_SECRET.encode()).decode(),
        "api-password": veil.encrypt(OKX_PASSPHRASE.encode()).decode(),
        "enabled": True,
    }
    (told,) = found(json.dumps({"exchanges": {"okx": account}}), "config.json")
    assert (told.program, told.problem, told.key) == (Program.OCTOBOT, None, OKX_KEY)
    assert told.fields["passphrase"].reveal() == OKX_PASSPHRASE


def test_settings_from_the_environment_are_put_together() -> None:
    text = (
        f"FREQTRADE__EXCHANGE__NAME=binance\nFREQTRADE__EXCHANGE__KEY={KEY}\n"
        f"FREQTRADE__EXCHANGE__SECRET={SECRET}\n"
    )
    (told,) = found(text, ".env")
    assert (told.exchange, told.program) == ("binance", Program.FREQTRADE)


def test_a_key_is_told_with_the_line_that_names_it() -> None:
    (told,) = found("export PATH=x\n# x\nKRAKEN_API_KEY=x\nKRAKEN_SECRET=y\n", ".env")
    assert told.line == 3
    assert told.problem is not None


def test_what_is_found_shows_no_secret() -> None:
    (told,) = found(foreign_files.FREQTRADE, "config.json")
    assert KEY not in repr(told)
    assert SECRET not in repr(told)
    assert told.shown == f"{KEY[:4]}…{KEY[-4:]}"
    assert told.place == "exchange.key"
    assert told.places[Part.SECRET] == ("exchange", "secret")
