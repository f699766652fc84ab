"""Which room may reach for what: clock, environment, randomness, network, other exchanges.

import-linter keeps the layers; here stands what it cannot see: single functions of the standard
library, and modules below a package of mixed purpose such as `urllib`.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from tests.architecture.tree import Finding, Module, Tree, imports_of, is_under

SURROUNDINGS: Final = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "os.environ",
        "os.environb",
        "os.getenv",
        "os.urandom",
        "random",
        "secrets",
        "time.gmtime",
        "time.localtime",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "time.sleep",
        "time.time",
        "time.time_ns",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)
"""Clock, environment and randomness: the same list as ruff's banned-api, which a test proves."""

SURROUNDINGS_ROOMS: Final = (
    "drawbridge/app/**",
    "drawbridge/sealing/**",
    "drawbridge/accounts/tokens.py",
    "drawbridge/virtual_keys/issue.py",
    "drawbridge/entrypoints/*/main.py",
    "drawbridge/entrypoints/*/__main__.py",
)

NETWORK: Final = frozenset(
    {
        # aiogram itself is kept in its room by import-linter; this is its own HTTP client.
        "aiogram.client.session.aiohttp",
        "aiohttp",
        "asyncio.open_connection",
        "ftplib",
        "http.client",
        "httptools",
        "httpx",
        "requests",
        "smtplib",
        "socket",
        "ssl",
        "urllib.request",
        "urllib3",
        "websockets",
    }
)

NETWORK_ROOMS: Final[Mapping[str, frozenset[str]]] = {
    # The one place that opens connections to elsewhere, and the two that speak over them.
    "drawbridge/gateway/dialling.py": frozenset({"asyncio.open_connection", "socket", "ssl"}),
    "drawbridge/gateway/egress.py": frozenset({"httptools"}),
    "drawbridge/gateway/sockets.py": frozenset({"websockets"}),
    # Mails go out by the standard library's client, which brings its own connections: 0021.
    "drawbridge/gateway/mail.py": frozenset({"smtplib", "ssl"}),
    # People's own programs call our API with it; no process of ours imports it.
    "drawbridge/client/calling.py": frozenset({"http.client"}),
    # These open sockets to listen on and hand them to the server; `find_network` sees to it that
    # they connect none.
    "drawbridge/app/bot_tls.py": frozenset({"ssl"}),
    "drawbridge/app/relay_trust.py": frozenset({"ssl"}),
    # The database's driver has connected; these name options of that, and what it says of proofs.
    "drawbridge/storage/postgres/refusals.py": frozenset({"ssl"}),
    "drawbridge/storage/postgres/silence.py": frozenset({"socket"}),
    "drawbridge/app/listening.py": frozenset({"socket"}),
    "drawbridge/app/serving.py": frozenset({"socket"}),
    "drawbridge/entrypoints/paper_server/hosting.py": frozenset({"socket"}),
    "drawbridge/entrypoints/edge/places.py": frozenset({"socket"}),
    "drawbridge/entrypoints/edge/taking.py": frozenset({"socket", "ssl"}),
    "drawbridge/entrypoints/wire_server/serving.py": frozenset({"socket", "ssl"}),
    # Reads what comes in over those sockets.
    "drawbridge/entrypoints/wire_server/reading.py": frozenset({"httptools"}),
    "drawbridge/entrypoints/wire_server/sockets.py": frozenset({"websockets"}),
}
"""Room to what it may reach for. A new line here is a decision, with a page in docs/decisions."""

_CALLS_OUT: Final = frozenset({"create_connection", "create_datagram_endpoint", "sock_connect"})
_DIALS: Final = frozenset({"connect", "connect_ex", "sendto"})


def find_surroundings(tree: Tree) -> Iterator[Finding]:
    """Find clock, environment and randomness read outside their rooms."""
    for module in tree.modules:
        if any(_fits(module.path, room) for room in SURROUNDINGS_ROOMS):
            continue
        for line, name in _reached(module):
            if _among(name, SURROUNDINGS):
                yield Finding(module.path, line, f"{name} is passed in, not read here")


def find_network(tree: Tree) -> Iterator[Finding]:
    """Find network I/O outside the gateway's dialling and those who speak over it."""
    for module in tree.modules:
        allowed = _network_allowed(module.path)
        for line, name in _reached(module):
            if _among(name, NETWORK) and not _among(name, allowed):
                yield Finding(module.path, line, f"{name}: only gateway/dialling.py goes out")
        if "asyncio.open_connection" not in allowed:
            # Databases are connected to as well, and protocols without I/O write a request that is
            # called so; with a socket at hand it is the network.
            dials = _DIALS if "socket" in allowed else frozenset[str]()
            yield from _calls_out(module, _CALLS_OUT | dials)


def _network_allowed(path: str) -> frozenset[str]:
    rooms = (names for room, names in NETWORK_ROOMS.items() if is_under(path, room))
    return frozenset[str]().union(*rooms)


def _calls_out(module: Module, calls: frozenset[str]) -> Iterator[Finding]:
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in calls:
            what = f"{node.attr}: only gateway/dialling.py goes out"
            yield Finding(module.path, node.lineno, what)


def find_impure_exchanges(tree: Tree) -> Iterator[Finding]:
    """Find what an exchange folder imports besides core, wire, itself and the standard library."""
    for module in tree.under("drawbridge/exchanges"):
        parts = module.path.split("/")
        own = ".".join(parts[:3]).removesuffix(".py")
        for line, name in imports_of(module):
            top = name.partition(".")[0]
            mine = _among(name, {own, "drawbridge.core", "drawbridge.wire", "orjson"})
            if not mine and top not in sys.stdlib_module_names:
                yield Finding(module.path, line, f"an exchange folder may not import {name}")


def find_referees(tree: Tree) -> Iterator[Finding]:
    """Find ccxt in the product: it is an independent referee, for tests and benchmarks."""
    for module in tree.modules:
        for line, name in imports_of(module):
            if name.partition(".")[0] == "ccxt":
                yield Finding(module.path, line, f"{name}: only tests and benchmarks use ccxt")


def _reached(module: Module) -> Iterator[tuple[int, str]]:
    seen: set[tuple[int, str]] = set()
    for found in imports_of(module):
        seen.add(found)
    for node in module.nodes:
        if isinstance(node, ast.Attribute):
            name = module.qualified(node)
            if name:
                seen.add((node.lineno, name))
    yield from sorted(seen)


def _among(name: str, names: set[str] | frozenset[str]) -> bool:
    """Tell whether a name, or a package around it, is among the names."""
    parts = name.split(".")
    return any(".".join(parts[:count]) in names for count in range(1, len(parts) + 1))


def _fits(path: str, room: str) -> bool:
    if room.endswith("/**"):
        return is_under(path, room.removesuffix("/**"))
    wanted, parts = room.split("/"), path.split("/")
    return len(wanted) == len(parts) and all(
        one in {"*", other} for one, other in zip(wanted, parts, strict=True)
    )
