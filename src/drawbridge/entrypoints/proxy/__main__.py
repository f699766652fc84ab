"""A worker's process, with bots served beside: `python -m drawbridge.entrypoints.proxy`.

Where it has everything it serves bots itself; among others it serves the fronts that bots ask.
Only parses its few arguments; what opens secrets is put together in `app/gateway_process.py`, and
bots' requests cross it in the same process, without another hop.
"""

import argparse
import sys

from drawbridge.app.gateway_process import run
from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import read_settings
from drawbridge.entrypoints.proxy.hosting import serve_bots, serve_fronts


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-gateway")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        settings = read_settings()
        beside = serve_fronts if settings.is_cluster else serve_bots
        await run(settings, with_parent=given.with_parent, beside=beside)

    return run_process("gateway", work, carries_orders=True)


if __name__ == "__main__":
    sys.exit(main())
