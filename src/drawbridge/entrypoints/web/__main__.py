"""The pages as a process: `python -m drawbridge.entrypoints.web`, started by the supervisor."""

import argparse
import asyncio
import logging
import sys

from drawbridge.app.settings import read_settings
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.web.hosting import host
from drawbridge.wording.say import say_error


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-web")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()
    logging.basicConfig(format="web: %(message)s", level=logging.WARNING)
    try:
        asyncio.run(host(read_settings(), with_parent=given.with_parent))
    except DrawbridgeError as error:
        sys.stderr.write(say_error(error) + "\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
