"""What the commands about virtual keys read from their options, and what they print."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drawbridge.app.build import House
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.house import Place as Where
from drawbridge.entrypoints.cli.options import read_list, read_span_ms
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
)
from drawbridge.entrypoints.cli.typing_in import is_typed, read_line
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.recipes import Place, Recipe, programs_of, write_recipes
from drawbridge.virtual_keys.restrictions import Pairs
from drawbridge.virtual_keys.service import Listed, Made
from drawbridge.virtual_keys.store import Use
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.virtual_keys.words import rule_words, words_of
from drawbridge.virtual_keys.written import told_restrictions
from drawbridge.wording.formats import moment
from drawbridge.wording.say import say

_NO_RECIPE: Final = "none"
_PASSED: Final = "passed"


def wish_from(given: Mapping[str, Any], now_ms: int) -> Wish:
    """Make a wish of a command's options, by their names."""
    lives = given["lives"].strip()
    return Wish(
        scopes=read_list(given["may"]),
        pairs=tuple(given["pair"] or ()),
        sides=(given["side"],) if given["side"] else (),
        order_types=(given["order_type"],) if given["order_type"] else (),
        largest_order=given["largest_order"],
        open_exposure=given["open_at_once"],
        day_turnover=given["turnover"],
        collar=given["collar"],
        addresses=tuple(given["address"] or ()),
        days=read_list(given["days"]),
        hours=given["hours"],
        expires_ms=now_ms + read_span_ms(lives, "expires") if lives else None,
        rate=given["rate"],
    )


async def asked_code(place: Where, owner: str) -> str:
    """Ask who has an authenticator for its code: on the terminal, or from a pipe."""
    if isinstance(place, House):
        people = await place.accounts.list_owners()
        is_needed = any(it.id == owner and it.second_factor for it in people)
    else:
        is_needed = (await place.who())["has_authenticator"]
    prompt = say("cli.virtual_key.make.code") if is_typed() else ""
    return read_line(prompt) if is_needed else ""


def bot_address(place: Where, virtual: VirtualKey) -> str:
    """Give where the bot of a virtual key just made finds its exchange."""
    if isinstance(place, House):
        return place.settings.proxy_url(virtual.exchange, virtual.venue.value)
    return place.virtual_keys.address_of(virtual.id)


def check_recipe(exchange: str, recipe: str) -> None:
    """Make sure that there is such a recipe, before anything is made.

    Raises: `BadInput("virtual_no_such_recipe")`.
    """
    known = [*programs_of(get_card(exchange)), _NO_RECIPE]
    if recipe and recipe not in known:
        raise BadInput("virtual_no_such_recipe", field="recipe", given=recipe[:32], known=known)


def print_made(made: Made, base: str, recipe: str, *, as_json: bool) -> None:
    """Print a new virtual key with its recipes: the one moment at which they are shown."""
    virtual, card = made.virtual, get_card(made.virtual.exchange)
    pairs = next((it.symbols for it in virtual.restrictions if isinstance(it, Pairs)), frozenset())
    place = Place(base, base.replace("http", "ws", 1))
    recipes = write_recipes(card, made.drawn, place, tuple(sorted(pairs)))
    shown = [it for it in recipes if recipe in {"", it.program}]
    secrets = {
        "api_key": made.drawn.api_key,
        "api_secret": made.drawn.api_secret.reveal(),
        "passphrase": None if made.drawn.passphrase is None else made.drawn.passphrase.reveal(),
    }
    if as_json:
        texts = {it.program: it.text.reveal() for it in shown if recipe != _NO_RECIPE}
        print_json({**told(virtual, None), **secrets, "base_url": base, "recipes": texts})
        return
    print_hint(say("cli.virtual_key.make.once"))
    labels = {part.field: part.label for part in card.credentials}
    print_fields({labels.get(name, name): text for name, text in secrets.items() if text})
    for it in shown:
        _print_recipe(it)


def told(virtual: VirtualKey, used_ms: int | None) -> dict[str, object]:
    """Tell a virtual key as scripts read it."""
    return {
        "id": virtual.id,
        "name": virtual.label,
        "exchange": virtual.exchange,
        "venue": virtual.venue.value,
        "key_id": virtual.key_id,
        "public": virtual.public,
        "restrictions": told_restrictions(virtual.restrictions),
        "created_ms": virtual.created_ms,
        "expires_ms": virtual.expires_ms,
        "revoked_ms": virtual.revoked_ms,
        "used_ms": used_ms,
    }


def row_of(listed: Listed, now_ms: int) -> list[str]:
    """Give the cells of a virtual key in the table."""
    virtual = listed.virtual
    return [
        virtual.label,
        f"{get_card(virtual.exchange).name} ({virtual.venue.value})",
        or_dash(listed.key_label),
        state_words(virtual, now_ms),
        or_dash(moment(listed.used_ms) if listed.used_ms else None),
        or_dash(moment(virtual.expires_ms) if virtual.expires_ms else None),
        virtual.id,
    ]


def state_words(virtual: VirtualKey, now_ms: int) -> str:
    """Say whether a virtual key is in use."""
    return say(f"virtual.{virtual.state(now_ms).value}")


def counted(uses: Iterable[Use]) -> dict[str, int]:
    """Count uses by rule, over all hours."""
    counts: dict[str, int] = {}
    for use in uses:
        rule = use.rule or _PASSED
        counts[rule] = counts.get(rule, 0) + use.times
    return counts


def print_shown(virtual: VirtualKey, uses: Mapping[str, int], now_ms: int) -> None:
    """Print one virtual key."""
    card = get_card(virtual.exchange)
    print_fields(
        {
            say("cli.virtual_key.column.name"): virtual.label,
            say("cli.virtual_key.column.id"): virtual.id,
            say("cli.virtual_key.column.exchange"): f"{card.name} ({virtual.venue.value})",
            say("cli.virtual_key.column.state"): state_words(virtual, now_ms),
            **{held.name: held.value for held in words_of(virtual)},
        }
    )
    print_line()
    print_line(say("cli.virtual_key.show.uses" if uses else "cli.virtual_key.show.no_uses"))
    print_fields({rule_words(rule): str(times) for rule, times in uses.items()})


def _print_recipe(recipe: Recipe) -> None:
    print_line()
    print_line(say("cli.virtual_key.make.recipe_title", program=recipe.title))
    print_line(recipe.text.reveal().strip())
