"""A guide as a page of Markdown, for documents and for sending on.

The same values and sentences as on the screen; nothing is said here that stands nowhere else.
"""

from collections.abc import Iterator
from typing import Final

from drawbridge.catalogue.guide import Guide, SwitchGroup, Wanted
from drawbridge.wording.say import say

_MARKS: Final = {Wanted.ON: "[x]", Wanted.OFF: "[ ]", Wanted.EITHER: "[~]"}


def guide_page(made: Guide) -> str:
    """Write a guide as Markdown. Shape: heading, steps, switches as they must stand, remarks."""
    return "\n".join(_lines(made)).rstrip() + "\n"


def _lines(made: Guide) -> Iterator[str]:
    yield f"# {say('cli.guide.page.title', exchange=made.exchange)}"
    yield ""
    for number, step in enumerate(made.steps, 1):
        yield f"{number}. {say(step.key, **step.facts)}" + (f" <{step.url}>" if step.url else "")
    if made.groups:
        yield from ("", f"## {say('cli.guide.page.switches')}", "")
        yield say("cli.guide.page.marks")
    for place, group in enumerate(made.groups):
        # What stands under no heading would be read as part of the group before it.
        yield from ("", "---") if place and not group.name else ()
        yield from _group(group)
    if made.address_list:
        words = "cli.guide.addresses" if made.addresses else "guide.step.addresses_unknown"
        yield from ("", f"**{made.address_list}**", "", say(words), "")
        yield from (f"- `{address}`" for address in made.addresses)
    yield from ("", f"## {say('cli.guide.page.remarks')}", "")
    yield from (f"- {say(remark.key, **remark.facts)}" for remark in made.remarks)
    for told in made.differences:
        yield f"- {say('cli.guide.difference', text=say(told.key, **told.facts))}"
    for told in made.doubts:
        yield f"- {say('cli.guide.not_established', text=say(told.key))}"


def _group(group: SwitchGroup) -> Iterator[str]:
    yield ""
    if group.name:
        yield from (f"**{group.name}**", "")
    for switch in group.switches:
        wanted = say(f"cli.guide.page.{switch.wanted.value}")
        yield f"- `{_MARKS[switch.wanted]}` {switch.label}: {wanted}"
