"""The paper exchange as a process: `python -m drawbridge.entrypoints.paper_server`.

Started by the supervisor and by `drawbridge paper`; only parses its few arguments.
"""

import argparse
import sys
from pathlib import Path

from drawbridge.app.lifetime import run_process, tell_ready
from drawbridge.app.observing.operations import told_to_operators
from drawbridge.app.observing.settings import read_observing_settings
from drawbridge.app.settings import given_to
from drawbridge.entrypoints.paper_server.hosting import Place, host, read_replays
from drawbridge.paper.setting_up import Scenery


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-paper")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port-base", type=int, required=True)
    parser.add_argument("--unlimited", action="store_true", help="no rate limits, for load tests")
    parser.add_argument("--exchange", action="append", default=[], help="serve only these")
    parser.add_argument("--speed", type=int, default=1, help="how fast prices pass, for tests")
    parser.add_argument("--replay", action="append", default=[], help="FILE:SYMBOL[@PASSED]")
    parser.add_argument("--faults", default="", help="what goes wrong, as `drawbridge paper` takes")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        place = Place(
            given.state,
            given.port_base,
            unlimited=given.unlimited,
            only=frozenset(given.exchange),
            scenery=Scenery(given.speed, read_replays(given.replay)),
            faults=given.faults,
        )
        settings = read_observing_settings(given_to())
        async with told_to_operators(settings, "paper") as seen:
            await host(
                place,
                with_parent=given.with_parent,
                on_ready=lambda ready: tell_ready({**ready, **seen}),
            )

    return run_process("paper", work, carries_orders=True)


if __name__ == "__main__":
    sys.exit(main())
