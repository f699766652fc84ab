"""The parameters of a request by name, wherever they came from: query, form or JSON.

Every reading names the parameter that is missing or wrong. Values stay what the sender wrote
until they are asked for.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.money import parse_positive
from drawbridge.wire.documents import flag_of, int_of, parse_object
from drawbridge.wire.text import parameters

T = TypeVar("T")

_MOST_NAME: Final = 40
_FLAGS: Final = {"1": True, "0": False, "true": True, "false": False}


class Parameters:
    """The parameters of one request."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[str, Any]) -> None:
        """Take what was found, texts or values of JSON; None is as good as missing."""
        self._found = found

    def __contains__(self, name: str) -> bool:
        """Tell whether there is anything of that name."""
        return self.text(name) != ""

    def names(self) -> frozenset[str]:
        """Give the names that stand there, also those without a value."""
        return frozenset(self._found)

    def refuse_others(self, known: frozenset[str]) -> None:
        """Refuse what nobody reads: it could change the meaning of what is read.

        Raises: `BadInput("malformed")` naming the first.
        """
        others = sorted(name for name in self._found.keys() - known if name in self)
        if others:
            raise BadInput("malformed", field=others[0][:_MOST_NAME])

    def text(self, name: str) -> str:
        """Give a value as text, empty where it is missing. Raises: `BadInput("malformed")`."""
        value = self._found.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | Decimal):
            return str(value)
        raise BadInput("malformed", field=name)

    def value(self, name: str) -> Any:  # noqa: ANN401  JSON has no type until it is read
        """Give a value as it stands, None where it is missing."""
        return self._found.get(name)

    def need(self, name: str) -> str:
        """Give a text that must be there. Raises: `BadInput("missing_parameter")`."""
        text = self.text(name)
        if not text:
            raise BadInput("missing_parameter", field=name)
        return text

    def whole(self, name: str) -> int | None:
        """Give a whole number from zero on. Raises: `BadInput("not_a_number")`."""
        text = self.text(name)
        if not text:
            return None
        number = int_of(text, name)
        if number < 0:
            raise BadInput("not_a_number", field=name)
        return number

    def amount(self, name: str) -> Decimal | None:
        """Give an amount above zero. Raises: `BadInput`."""
        text = self.text(name)
        return parse_positive(text, name) if text else None

    def need_amount(self, name: str) -> Decimal:
        """Give an amount above zero that must be there. Raises: `BadInput`."""
        return parse_positive(self.need(name), name)

    def flag(self, name: str, *, usual: bool = False) -> bool:
        """Give a yes or no: `true`, `True`, `1`. Raises: `BadInput("malformed")`."""
        text = self.text(name).lower()
        return flag_of(_FLAGS.get(text, text), name) if text else usual

    def choice(self, name: str, table: Mapping[str, T], usual: str = "") -> T:
        """Give what a word stands for; `usual` is the word where none is given.

        Raises: `BadInput("missing_parameter")`, `BadInput("malformed")`.
        """
        word = self.text(name) or usual
        if not word:
            raise BadInput("missing_parameter", field=name)
        if word not in table:
            raise BadInput("malformed", field=name)
        return table[word]


def read_query(raw: bytes) -> Parameters:
    """Read a query string or a form body, percent-decoded. Raises: `BadInput`."""
    if not raw.isascii():
        raise BadInput("malformed", field="query")
    try:
        return Parameters(
            {name.decode("utf-8"): value.decode("utf-8") for name, value in parameters(raw).items()}
        )
    except UnicodeDecodeError:
        raise BadInput("malformed", field="query") from None


def read_json(body: bytes) -> Parameters:
    """Read a JSON object; an empty body holds no parameters. Raises: `BadInput`."""
    return Parameters(parse_object(body) if body.strip() else {})
