"""Keys that lie in texts: found where they are, and checksums let be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.importing.model import Part
from drawbridge.importing.scanning import Leak, Mine, entropy_of, find_leaks
from tests.kit import foreign_files
from tests.kit.foreign_files import OKX_KEY, OKX_SECRET

# Drawn at random for these tests; they open nothing anywhere.
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def found(text: str, file: str = "notes.txt", mine: dict[str, Mine] | None = None) -> list[Leak]:
    return list(find_leaks(text, file, mine or {}))


@pytest.mark.parametrize(
    "text",
    [
        f'"integrity": "{SHA256}"',
        f'"key": "{SHA256}"',
        f"JWT_SECRET_KEY={SHA256}",
        f'{{"id": "{OKX_KEY}", "key": "{OKX_KEY}"}}',
        f"api_key = {'x' * 64}",
        "secret: your_secret_key_goes_here_please",
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkq" * 8 + "\n-----END PRIVATE KEY-----",
        f"commit {SHA256[:40]}",
        KEY,
    ],
)
def test_what_only_looks_like_a_key_is_let_be(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "part", "exchange"),
    [
        (f'API_KEY = "{KEY}"', Part.KEY, "binance"),
        (f"binance.api_secret: {SECRET}", Part.SECRET, "binance"),
        (f"x\n--api-secret {SECRET}\n", Part.SECRET, "binance"),
        (f"<apiKey>{KEY}</apiKey>", Part.KEY, "binance"),
        (f"OKX_API_KEY={OKX_KEY}", Part.KEY, "okx"),
        (f"# okx\nsecret={OKX_SECRET}", Part.SECRET, "okx"),
        (f"https://x/?apiKey={KEY}&z=1", Part.KEY, "binance"),
        (f"GATE_SECRET='{SHA256}'", Part.SECRET, "gate"),
        (
            "# binance\n-----BEGIN PRIVATE KEY-----\n"
            + "MIIEvQIBADANBgkq" * 8
            + "\n-----END PRIVATE KEY-----",
            Part.SECRET,
            "binance",
        ),
    ],
)
def test_a_key_with_its_name_is_found(text: str, part: Part, exchange: str) -> None:
    (leak,) = found(text)
    assert leak.part is part
    assert exchange in leak.exchanges
    assert text.splitlines()[leak.line - 1].strip() != ""
    assert leak.mine is None


def test_a_secret_shows_nothing_and_a_key_its_ends() -> None:
    key, secret = found(f"API_KEY={KEY}\nAPI_SECRET={SECRET}\n")
    assert key.shown == f"{KEY[:4]}…{KEY[-4:]}"
    assert secret.shown == "[secret]"
    for leak in (key, secret):
        assert KEY not in repr(leak)
        assert SECRET not in repr(leak)


def test_a_table_is_read_as_one() -> None:
    text = f"exchange,key,secret\nbinance,{KEY},{SECRET}\n"
    assert [(it.line, it.part) for it in found(text, "keys.csv")] == [
        (2, Part.KEY),
        (2, Part.SECRET),
    ]
    assert found(foreign_files.CCXT, "a.json") != []


def test_ones_own_keys_are_known_wherever_they_lie() -> None:
    mine = {KEY: Mine("key_1", "Main"), OKX_KEY: Mine("vk_1", "bot", virtual=True)}
    first, second = found(f"a {KEY}\nb ({OKX_KEY})\n", mine=mine)
    assert (first.mine, first.line) == (mine[KEY], 1)
    assert (second.mine, second.line) == (mine[OKX_KEY], 2)
    (once,) = found(f"API_KEY={KEY}", mine=mine)
    assert once.mine is mine[KEY]


@given(st.text(max_size=300))
def test_any_text_is_looked_through(text: str) -> None:
    assert found(text, "a.json") is not None


@given(st.text(min_size=1, max_size=64))
def test_entropy_is_between_none_and_that_of_all_different(text: str) -> None:
    assert 0 <= entropy_of(text) <= 6
