"""What was found in somebody's file: a key, where it stands, and whether it can be brought in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import Secret, masked
from drawbridge.importing.documents import Path


class Program(StrEnum):
    """The program whose file it is, as far as its settings show."""

    FREQTRADE = "freqtrade"
    HUMMINGBOT = "hummingbot"
    OCTOBOT = "octobot"
    JESSE = "jesse"
    CCXT = "ccxt"
    OTHER = "other"


class Part(StrEnum):
    """What a name in a file says that the text is."""

    KEY = "key"
    SECRET = "secret"  # noqa: S105  a kind of text, not a secret
    PASSPHRASE = "passphrase"  # noqa: S105  a kind of text as well
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Found:
    """A key in a file. `exchange` is empty where nobody can tell whose it is.

    Shape: `fields` are named as on the exchange's card; `places` says where each part stands;
    `problem` says why it cannot be brought in, None where it can.
    """

    exchange: str
    program: Program
    places: Mapping[Part, Path]
    line: int
    fields: Mapping[str, Secret] = field(repr=False)
    problem: DrawbridgeError | None = None

    @property
    def key(self) -> str:
        """Give the key's public half; empty where it cannot be read."""
        text = self.fields.get("api_key")
        return "" if text is None else text.reveal()

    @property
    def shown(self) -> str:
        """Give as much of the key as may be shown."""
        return masked(self.key)

    @property
    def place(self) -> str:
        """Say where in the file the key stands."""
        return ".".join(self.places[Part.KEY])
