"""The bot as a process: `python -m drawbridge.entrypoints.telegram`, started by the supervisor."""

import argparse
import sys

from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import read_settings
from drawbridge.entrypoints.telegram.hosting import host


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-telegram")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        await host(read_settings(), with_parent=given.with_parent)

    return run_process("telegram", work)


if __name__ == "__main__":
    sys.exit(main())
