"""Noticing that the machine of a server died: it closes nothing, and says nothing any more.

Options of what the driver has connected, and nothing else. How long anybody waits for an answer is
said in `connecting.py`.
"""

import socket
from typing import Final

import asyncpg

# Linux has all of them; whoever lacks one waits for as long as a statement may take.
_OPTIONS: Final = {
    "TCP_KEEPIDLE": 2,
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 5_000,
}


def notice_silence(connection: asyncpg.Connection) -> None:
    """Let the system end a connection over which nothing arrives any more.

    Why: what people are promised to be waited for is over long before a statement is.
    """
    line = connection._transport.get_extra_info("socket")  # noqa: SLF001 - the driver has no word for it
    if line is None or line.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:
            line.setsockopt(socket.IPPROTO_TCP, option, value)
