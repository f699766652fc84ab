"""Print the help of every command in the made-up language, as a process of its own.

Commands say what they are for as they are declared, so that the language must be spoken before.
"""

import sys
from pathlib import Path

import drawbridge.entrypoints.cli  # noqa: F401  it chooses the language of this process at once
from drawbridge.wording.language import speaking
from tests.kit.pseudo import make_up


def main(folder: Path) -> None:
    """Speak the made-up language and print the page of all commands."""
    with speaking(make_up(folder)):
        from tools.cli_help import reference  # noqa: PLC0415  it declares the commands

        sys.stdout.write(reference())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
