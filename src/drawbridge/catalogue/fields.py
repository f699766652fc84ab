"""The check of a new key's fields, before anything is stored or sent.

What people paste has blanks, quotes and line breaks around it: these are taken off, and told.
Everything else that is wrong is refused with the field's name. Whether the exchange knows the
key is not decided here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.card import Card, CredentialField
from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret

_MAX_CHARACTERS: Final = 65_536
_MAX_NAME: Final = 40
_KEY: Final = "api_key"
_SECRET: Final = "api_secret"  # noqa: S105  the field's name, not a secret

# Blanks; the invisible characters that web pages copy along; straight and typographic quotes.
_BLANKS: Final = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"
_QUOTES: Final = "\"'`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u2039\u203a"
_AROUND: Final = _BLANKS + _QUOTES


@dataclass(frozen=True, slots=True)
class CheckedFields:
    """Fields that look right, and the names of those from which something was taken off."""

    secrets: Mapping[str, Secret]
    cleaned: tuple[str, ...] = ()


def check_texts(card: Card, others: Iterable[Card], texts: Mapping[str, str]) -> CheckedFields:
    """Clean and check the fields of a key of the card's exchange.

    Raises: `BadInput` naming the field: `unknown_field`, `too_long`, `missing_field`,
    `either_field`, `swapped_fields`, `same_text_twice`, `other_exchange_key`, `wrong_format`.
    No error ever holds any of the text.
    """
    cleaned: list[str] = []
    values: dict[str, str] = {}
    for name, text in texts.items():
        field = card.find_credential(name)
        if field is None:
            raise BadInput("unknown_field", field=name[:_MAX_NAME], exchange=card.name)
        if len(text) > _MAX_CHARACTERS:
            raise BadInput("too_long", field=name, most=_MAX_CHARACTERS)
        value = _cleaned(text, field)
        if value != text:
            cleaned.append(name)
        if value:
            values[name] = value
    _check_presence(card, values)
    _check_meaning(card, values)
    for name, value in values.items():
        _check_format(card, others, name, value)
    secrets = {name: Secret(value) for name, value in values.items()}
    return CheckedFields(secrets, tuple(cleaned))


def _cleaned(text: str, field: CredentialField) -> str:
    value = text.strip(_AROUND)
    if not field.multiline:
        return value
    # Keys of several lines come with the line ends of another system, or, copied out of a JSON
    # file, with the two characters backslash and n in their place.
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\\n", "\n")
    return value.strip(_AROUND)


def _check_presence(card: Card, values: Mapping[str, str]) -> None:
    for field in card.credentials:
        if field.either and field.field in values and field.either in values:
            raise BadInput("either_field", field=field.field, other=field.either)
    replaced = {field.either for field in card.credentials if field.field in values}
    for field in card.credentials:
        if field.required and field.field not in values and field.field not in replaced:
            raise BadInput("missing_field", field=field.field, label=field.label)


def _check_meaning(card: Card, values: Mapping[str, str]) -> None:
    key, secret = values.get(_KEY, ""), values.get(_SECRET, "")
    if not key or not secret:
        return
    if key == secret:
        raise BadInput("same_text_twice", field=_SECRET, other=_KEY)
    if (
        not _fits(card, _KEY, key)
        and not _fits(card, _SECRET, secret)
        and _fits(card, _SECRET, key)
        and _fits(card, _KEY, secret)
    ):
        raise BadInput("swapped_fields", field=_KEY, other=_SECRET)


def _check_format(card: Card, others: Iterable[Card], name: str, value: str) -> None:
    if _fits(card, name, value):
        return
    owners = [other.name for other in others if other.id != card.id and _fits(other, name, value)]
    if len(owners) == 1:
        raise BadInput("other_exchange_key", field=name, exchange=card.name, owner=owners[0])
    raise BadInput("wrong_format", field=name, exchange=card.name, length=len(value))


def _fits(card: Card, name: str, value: str) -> bool:
    field = card.find_credential(name)
    return field is not None and re.fullmatch(field.format, value) is not None
