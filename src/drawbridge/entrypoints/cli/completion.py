"""Completion of commands and options in the shells that people use."""

from typing import Annotated, Final

import typer

# Typer offers these by an option of its own only, whose words no language of ours has.
from typer.completion import completion_init, get_completion_script  # type: ignore[attr-defined]

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.output import print_line
from drawbridge.wording.say import say

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_DRAWBRIDGE_COMPLETE"
"""What a shell sets when it asks what may come next."""


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help=say("cli.completion.shell"))],
) -> None:
    """Print what makes a shell complete our commands."""
    if shell not in SHELLS:
        raise BadInput("unknown_shell", field="SHELL", given=shell, known=", ".join(SHELLS))
    print_line(get_completion_script(prog_name="drawbridge", complete_var=VARIABLE, shell=shell))


def answer_shells() -> None:
    """Be ready to answer a shell that asks what may come next."""
    completion_init()
