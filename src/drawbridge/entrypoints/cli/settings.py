"""The command `settings`: what holds, and where it came from."""

from typing import TYPE_CHECKING

from drawbridge.entrypoints.cli.options import Data, Json, settings_for
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.settings_shown import Shown

_COLUMNS = ("name", "value", "source")


def settings(*, data: Data = None, json: Json = False) -> None:
    """Show every setting that there is."""
    from drawbridge.app.settings import surroundings
    from drawbridge.app.settings_file import CONFIG, named_file
    from drawbridge.app.settings_shown import show_settings

    named = {"DRAWBRIDGE_DATA": data is not None, CONFIG: named_file() is not None}
    by_command = frozenset(name for name, is_named in named.items() if is_named)
    shown = show_settings(settings_for(data), surroundings(), by_command)
    if json:
        print_json({it.name: {"value": it.value, "source": it.source} for it in shown})
    else:
        print_table([say(f"cli.settings.{it}") for it in _COLUMNS], list(map(_row, shown)))


def _row(it: "Shown") -> list[str]:
    is_set = it.source.value != "usual"
    source = say(f"cli.settings.from_{it.source.value}") if is_set else ""
    return [it.name, or_dash(it.value), or_dash(source)]
