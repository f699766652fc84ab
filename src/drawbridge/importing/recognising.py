"""Which texts of a file are exchange keys: by the names they bear, and by the forms on the cards.

Source: the settings of freqtrade (`exchange.name`, `.key`, `.secret`, `.password`), hummingbot
(`connector`, `<connector>_api_key`), OctoBot (`exchanges.<name>.api-key`), Jesse (its table
`exchange_api_keys`), ccxt (`apiKey`, `secret`, `password`), as their documents describe them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.registry import check_fields, find_cards, open_exchanges
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.importing.documents import Document, Path
from drawbridge.importing.model import Found, Part, Program
from drawbridge.importing.veiled import unveil

MOST_FOUND: Final = 200

# Names as they are compared: in lower case, letters and digits only. The longest one counts.
_NAMES: Final[Mapping[str, Part]] = {
    "apikeyid": Part.KEY,
    "apikeyname": Part.KEY,
    "publicapikey": Part.KEY,
    "apipublickey": Part.KEY,
    "publickey": Part.KEY,
    "accesskeyid": Part.KEY,
    "accesskey": Part.KEY,
    "apikey": Part.KEY,
    "keyid": Part.KEY,
    "key": Part.KEY,
    "apisecretkey": Part.SECRET,
    "secretapikey": Part.SECRET,
    "apikeysecret": Part.SECRET,
    "secretaccesskey": Part.SECRET,
    "apiprivatekey": Part.SECRET,
    "privatekey": Part.SECRET,
    "secretkey": Part.SECRET,
    "apisecret": Part.SECRET,
    "secret": Part.SECRET,
    "apikeypassphrase": Part.PASSPHRASE,
    "secretpassphrase": Part.PASSPHRASE,
    "apipassphrase": Part.PASSPHRASE,
    "apipassword": Part.PASSPHRASE,
    "passphrase": Part.PASSPHRASE,
    "password": Part.PASSPHRASE,
    "exchangename": Part.EXCHANGE,
    "exchangeid": Part.EXCHANGE,
    "exchange": Part.EXCHANGE,
    "connector": Part.EXCHANGE,
    "marketcode": Part.EXCHANGE,
    "name": Part.EXCHANGE,
    "type": Part.EXCHANGE,
}
_LONGEST_FIRST: Final = sorted(_NAMES, key=len, reverse=True)
# What programs add to an exchange's name: the market that they trade there, or how.
_BESIDE: Final = ("spot", "perpetual", "perpetuals", "swap", "usdt", "live", "margin", "v3", "v5")
_SPACES: Final = str.maketrans("_-", "  ")

_Group: TypeAlias = dict[Part, list[Path]]
_At: TypeAlias = tuple[Path, str]


class _Look:
    """One look through a file."""

    def __init__(self, document: Document, exchange: str) -> None:
        self._document = document
        self._exchange = exchange
        self._tables: dict[Path, list[Path]] = {}
        for path in document.leaves:
            self._tables.setdefault(path[:-1], []).append(path)
        self._outermost = {path[0] for path in document.leaves if path}

    def read(self, at: _At, group: _Group) -> Found | None:
        """Read one key; None where it is not an exchange's."""
        texts = self._document.leaves
        places = {
            part: path
            for part, path in (
                (Part.KEY, _place_of_key(self._document, group)),
                (Part.SECRET, _first(group, Part.SECRET)),
                (Part.PASSPHRASE, _first(group, Part.PASSPHRASE)),
            )
            if path is not None and texts[path].strip()
        }
        if not {Part.KEY, Part.SECRET} <= set(places):
            return None
        cards = self._told_cards(at, group)
        program = self._program_of(at[0], places[Part.KEY][-1])
        key = places[Part.KEY]
        line = _line_of(self._document.text, key[-1], texts[key])
        try:
            plain = {part: unveil(texts[path]) for part, path in places.items()}
        except DrawbridgeError as veiled:
            card_id = cards[0].id if cards else ""
            return Found(card_id, program, places, line, {}, veiled)
        cards = cards or self._guessed(at[1], plain)
        if not cards:
            return None
        card, fields, problem = _settled(cards, plain)
        return Found(card.id if card else "", program, places, line, fields, problem)

    def _told_cards(self, at: _At, group: _Group) -> tuple[Card, ...]:
        """Give the exchanges that the file names for a key, from the nearest name on."""
        where, before = at
        said = [*group.get(Part.EXCHANGE, []), *self._tables[where]]
        parts = ((path, part_of(path[-1])) for path in said)
        names = [
            self._document.leaves[path] for path, part in parts if part and part[0] is Part.EXCHANGE
        ]
        told = map(_named, [*names, before, *reversed(where)])
        return next((cards for cards in told if cards), ())

    def _guessed(self, before: str, plain: Mapping[Part, str]) -> tuple[Card, ...]:
        """Give whose key it may be where the file does not say; what was named goes first.

        Why: names that begin with something else, as AWS_SECRET_KEY, are another service's
        unless they look right.
        """
        named = _named(self._exchange)
        if before and any(_checked(card, plain)[1] is not None for card in named):
            return ()
        return named or _fitting(plain)

    def _program_of(self, where: Path, key: str) -> Program:
        beside = {path[-1] for path in self._tables[where]}
        if (key == "key" and where == ("exchange",)) or where[:1] == ("FREQTRADE",):
            return Program.FREQTRADE
        if "connector" in self._outermost:
            return Program.HUMMINGBOT
        if key == "api-key" and where[:1] == ("exchanges",):
            return Program.OCTOBOT
        if {"exchange_name", "additional_fields"} <= beside:
            return Program.JESSE
        return Program.CCXT if key == "apiKey" else Program.OTHER


def find_keys(document: Document, exchange: str = "") -> tuple[Found, ...]:
    """Find all keys in a file; `exchange` says whose those are of which the file does not tell.

    Raises: `BadInput` `import_nothing_found`, `import_too_much`.
    """
    look = _Look(document, exchange)
    pairs = [it for it in _groups(document).items() if _is_pair(document, it[1])]
    if len(pairs) > MOST_FOUND:
        raise BadInput("import_too_much", field="file", most=MOST_FOUND)
    found = tuple(told for at, group in pairs if (told := look.read(at, group)) is not None)
    if not found:
        raise BadInput("import_nothing_found", field="file")
    return found


def part_of(name: str) -> tuple[Part, str] | None:
    """Tell what a name says that its text is, and what stands before it in the name."""
    folded = _folded(name)
    ending = next((it for it in _LONGEST_FIRST if folded.endswith(it)), None)
    return None if ending is None else (_NAMES[ending], folded.removesuffix(ending))


def _groups(document: Document) -> dict[_At, _Group]:
    """Put together what belongs together: by table, and by the beginning of the names."""
    groups: dict[_At, _Group] = {}
    for path in document.leaves:
        told = part_of(path[-1]) if path else None
        if told is not None:
            part, before = told
            groups.setdefault((path[:-1], before), {}).setdefault(part, []).append(path)
    return groups


def _is_pair(document: Document, group: _Group) -> bool:
    """Tell whether there is a key and its secret, and anything in them."""
    paths = (_place_of_key(document, group), _first(group, Part.SECRET))
    return None not in paths and any(document.leaves[it].strip() for it in paths if it)


def _place_of_key(document: Document, group: _Group) -> Path | None:
    """Give where the key's public half stands; one exchange calls it a name."""
    path = _first(group, Part.KEY)
    if path is not None:
        return path
    names = group.get(Part.EXCHANGE, [])
    return next((it for it in names if document.leaves[it].startswith("organizations/")), None)


def _first(group: _Group, part: Part) -> Path | None:
    """Give the place of a part: the one that says most clearly what it is."""
    return max(group.get(part, []), key=lambda path: len(path[-1]), default=None)


def _named(name: str) -> tuple[Card, ...]:
    """Give the exchanges that are called so, also with the market that somebody wrote to it."""
    if not 0 < len(name.strip()) <= 60:  # noqa: PLR2004  no exchange has a longer name
        return ()
    words = name.translate(_SPACES).split()
    for left in (words, [it for it in words if it.lower() not in _BESIDE]):
        cards = find_cards("".join(left)) if left else ()
        if cards:
            return cards
    return ()


def _fitting(plain: Mapping[Part, str]) -> tuple[Card, ...]:
    """Give the open exchanges whose keys look like this one, and like nothing else.

    Why: a form that allows any length fits the keys of other services as well, and these are
    nothing to be brought to an exchange.
    """
    longer = {part: text.strip() + text.strip()[-1:] for part, text in plain.items()}
    return tuple(
        card
        for card in open_exchanges()
        if _checked(card, plain)[1] is None
        and not any(
            _fits(card, field, longer[part])
            for part, field in ((Part.KEY, "api_key"), (Part.SECRET, "api_secret"))
        )
    )


def _fits(card: Card, name: str, text: str) -> bool:
    field = card.find_credential(name)
    return field is not None and re.fullmatch(field.format, text) is not None


def _settled(
    cards: Sequence[Card], plain: Mapping[Part, str]
) -> tuple[Card | None, Mapping[str, Secret], DrawbridgeError | None]:
    """Decide whose a key is among these exchanges, and whether it can be brought in."""
    tried = [(card, *_checked(card, plain)) for card in cards]
    good = [it for it in tried if it[2] is None]
    if len(good) == 1:
        return good[0]
    card, fields, problem = tried[0]
    if not good:
        return card, fields, problem
    names = sorted(it[0].id for it in good)
    problem = BadInput("import_which_exchange", field="exchange", known=names)
    return None, {"api_key": Secret(plain[Part.KEY].strip())}, problem


def _checked(
    card: Card, plain: Mapping[Part, str]
) -> tuple[Mapping[str, Secret], DrawbridgeError | None]:
    secret = plain[Part.SECRET]
    texts = {"api_key": plain[Part.KEY]}
    is_pem = "PRIVATE KEY-----" in secret and card.find_credential("private_key") is not None
    texts["private_key" if is_pem else "api_secret"] = secret
    # Programs have a place for a passphrase also where the exchange knows none.
    if Part.PASSPHRASE in plain and card.find_credential("passphrase") is not None:
        texts["passphrase"] = plain[Part.PASSPHRASE]
    try:
        return check_fields(card, texts).secrets, None
    except DrawbridgeError as problem:
        return {name: Secret(text) for name, text in texts.items()}, problem


def _line_of(text: str, name: str, value: str) -> int:
    """Give the line on which a text stands, beside its name where that is so; from 1 on."""
    first, lines = value.strip().splitlines()[0], text.splitlines()
    holding = [number for number, line in enumerate(lines, start=1) if first in line]
    named = (number for number in holding if name in lines[number - 1])
    return next(named, holding[0] if holding else 1)


def _folded(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
