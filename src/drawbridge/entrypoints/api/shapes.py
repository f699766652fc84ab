"""What all models of the API have in common: strict bodies, exact amounts, plain values."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Annotated, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from drawbridge.core.money import plain
from drawbridge.core.secret import Secret
from drawbridge.wording.say import say_reason

LONGEST_TEXT: Final = 200
_LARGEST: Final = 10**15

Amount = Annotated[
    str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="An exact number, as text.")
]
Moment = Annotated[int, Field(description="Milliseconds since 1970, UTC.")]
Facts = Annotated[
    dict[str, JsonValue], Field(description="What the sentence was made of, never a secret.")
]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
# A private key in PEM is among them.
SecretText = Annotated[SecretStr, Field(max_length=65_536)]
Code = Annotated[
    Text,
    Field(description="Six digits of the authenticator, or a recovery code; each counts once."),
]
KeyPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["key_4f7q2mabcdefghij"])]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Setting = (
    Text
    | Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
    | Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]
)
Settings = Annotated[dict[Text, Setting], Field(max_length=50)]


class Told(BaseModel):
    """Something that is answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(BaseModel):
    """Something that is sent: what is not known is refused and never passed over in silence."""

    # What was sent is not told in an error: it may be a secret.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Reason(Told):
    """Why something stands as it does: a stable code, and the sentence that a person reads."""

    code: str
    message: str
    facts: Facts


def tell_reason(code: str, facts: Mapping[str, object]) -> Reason | None:
    """Tell a reason; nothing where there is none."""
    if not code:
        return None
    return Reason(code=code, message=say_reason(code, facts), facts=tell_facts(facts))


def tell_facts(facts: Mapping[str, object]) -> dict[str, JsonValue]:
    """Bring facts into what JSON knows."""
    return {str(name): to_json(value) for name, value in facts.items()}


def to_json(value: object) -> JsonValue:
    """Bring a value into what JSON knows: amounts as texts, because they are exact.

    Raises: TypeError for a secret, which is told nowhere.
    """
    if isinstance(value, Secret):
        message = "a secret is told nowhere"
        raise TypeError(message)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return tell_facts(value)
    if isinstance(value, frozenset | set):
        return [*sorted(map(str, value))]
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    if isinstance(value, Decimal):
        return plain(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def tell_amount(value: Decimal | None) -> str | None:
    """Write an amount exactly; nothing where there is none."""
    return None if value is None else plain(value)


def read_settings(settings: Mapping[str, str | float]) -> dict[str, str]:
    """Give settings as texts, as forms and command lines give them: `0.00001`, never `1e-05`."""
    return {
        name: value if isinstance(value, str) else plain(Decimal(repr(value)))
        for name, value in settings.items()
    }
