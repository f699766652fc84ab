"""Texts to paste: how each known program is pointed at us, with address, key and secret put in.

What is different about an exchange or a program stands in the card, under `[clients.…]`; here is
only how a program's settings are written. The texts hold the secret: they are shown once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Final

from drawbridge.catalogue.card import Card, Client
from drawbridge.catalogue.clients import client_urls_of
from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.core.secret import Secret

_CCXT: Final = "ccxt"
_FREQTRADE: Final = "freqtrade"
_WIDTH: Final = 88


@dataclass(frozen=True, slots=True)
class Recipe:
    """A text for one program; `program` is its name for scripts, `title` that for people."""

    program: str
    title: str
    text: Secret


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bot finds the exchange: REST and streams."""

    base: str
    ws: str


def write_recipes(
    card: Card, drawn: DrawnSecrets, place: Place, pairs: tuple[str, ...] = ()
) -> tuple[Recipe, ...]:
    """Write all texts that there are for an exchange; `pairs` are those that the key may trade."""
    return tuple(
        Recipe(name, title, Secret(text))
        for name, title, text in _written(card, drawn, place, pairs)
    )


def programs_of(card: Card) -> tuple[str, ...]:
    """Name the programs that there are texts for, without writing any."""
    place = Place("", "")
    return tuple(name for name, _, _ in _written(card, DrawnSecrets("", Secret("")), place, ()))


def client_settings(client: Client, place: Place) -> dict[str, object]:
    """Write a client's addresses and options."""
    settings: dict[str, object] = {"urls": {"api": client_urls_of(client, place.base, place.ws)}}
    if client.options:
        settings["options"] = dict(client.options)
    return settings


def _written(
    card: Card, drawn: DrawnSecrets, place: Place, pairs: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    for name, client in card.clients.items():
        if name == _CCXT:
            yield "ccxt_python", "ccxt (Python)", _ccxt_python(client, drawn, place)
            yield "ccxt_javascript", "ccxt (JavaScript)", _ccxt_javascript(client, drawn, place)
        elif name == _FREQTRADE:
            yield _FREQTRADE, _FREQTRADE, _freqtrade(client, drawn, place, pairs)
        elif client.script:
            yield name, client.id, _filled(client.script, drawn, place)


def _ccxt_settings(client: Client, drawn: DrawnSecrets, place: Place) -> dict[str, object]:
    return {**_credentials(drawn, "apiKey"), **client_settings(client, place)}


def _credentials(drawn: DrawnSecrets, key_name: str) -> dict[str, str]:
    given = {key_name: drawn.api_key, "secret": drawn.api_secret.reveal()}
    if drawn.passphrase is not None:
        given["password"] = drawn.passphrase.reveal()
    return given


def _ccxt_python(client: Client, drawn: DrawnSecrets, place: Place) -> str:
    settings = pformat(_ccxt_settings(client, drawn, place), width=_WIDTH, sort_dicts=False)
    return (
        f"import ccxt\n\nexchange = ccxt.{client.id}(\n{_indented(settings)}\n)\n"
        "print(exchange.fetch_balance()['total'])\n"
    )


def _ccxt_javascript(client: Client, drawn: DrawnSecrets, place: Place) -> str:
    settings = json.dumps(_ccxt_settings(client, drawn, place), indent=2)
    return (
        f'import ccxt from "ccxt";\n\nconst exchange = new ccxt.{client.id}({settings});\n'
        "console.log((await exchange.fetchBalance()).total);\n"
    )


def _freqtrade(client: Client, drawn: DrawnSecrets, place: Place, pairs: tuple[str, ...]) -> str:
    settings: Mapping[str, object] = {
        "name": client.id,
        **_credentials(drawn, "api_key"),
        "pair_whitelist": list(pairs),
        "pair_blacklist": [],
        "ccxt_config": client_settings(client, place),
    }
    return json.dumps({"exchange": settings}, indent=2) + "\n"


def _filled(script: str, drawn: DrawnSecrets, place: Place) -> str:
    passphrase = "" if drawn.passphrase is None else drawn.passphrase.reveal()
    given = {
        "{base}": place.base,
        "{ws}": place.ws,
        "{key}": drawn.api_key,
        "{secret}": drawn.api_secret.reveal(),
        "{passphrase}": passphrase,
    }
    for name, text in given.items():
        script = script.replace(name, text)
    return script


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
