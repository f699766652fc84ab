"""A house that serves bots itself and what a front hands on: a worker's side of `front.py`.

Run as `python -m benchmarks.stubs.fronted_house FOLDER UPSTREAM_PORT PROXY_PORT WORKER_PORT`. The
same process answers both, so what differs is the way to it.
"""

import sys
from pathlib import Path

from benchmarks.stubs.proxy_house import serve
from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.proxy.hosting import serve_bots_and_fronts


def settings_of(folder: Path, upstream: str, proxy: str, worker: str) -> Settings:
    """Give the settings of the house, or of the front before it."""
    return Settings(
        folder,
        paper=f"127.0.0.1:{upstream}",
        proxy=f"127.0.0.1:{proxy}",
        cluster=ClusterSettings(worker=f"127.0.0.1:{worker}"),
    )


def main() -> int:
    """Serve until the parent ends."""
    folder, upstream, proxy, worker = sys.argv[1:]
    serve(settings_of(Path(folder), upstream, proxy, worker), serve_bots_and_fronts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
