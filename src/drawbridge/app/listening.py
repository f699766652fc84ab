"""Sockets to listen on, opened before anything else starts so that a taken port is told at once.

Everything binds to loopback unless the settings say otherwise and protect it; see settings.
"""

import errno
import socket

from drawbridge.core.errors import BadInput, Conflict

_BACKLOG = 2_048


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one.

    Raises: `Conflict("port_taken")`, `BadInput("cannot_listen")`, `BadInput("bad_port")` where
    counting on from another port led beyond the last.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's delay off for every connection; without
    # it, an answer's body waits up to 40 ms for the other side to acknowledge its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict("port_taken", field="port", port=port) from None
        raise BadInput("cannot_listen", field="host", host=host, port=port) from None
    except OverflowError:
        listener.close()
        raise BadInput("bad_port", field="port") from None
    listener.listen(_BACKLOG)
    listener.settimeout(0)
    return listener


def port_of(listener: socket.socket) -> int:
    """Give the port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port
