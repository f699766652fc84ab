"""Commands about the address at which bots with virtual keys are served."""

from typing import Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, settings_for
from drawbridge.entrypoints.cli.output import print_fields, print_hint, print_json, print_line
from drawbridge.wording.say import say

app = typer.Typer(help=say("cli.proxy.help"), no_args_is_help=True)


@app.command(help=say("cli.proxy.tls.help"))
def tls(
    *,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="NAME", help=say("cli.proxy.tls.name"))
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a certificate for bots, or keep the one there is, and tell how clients trust it."""
    from drawbridge.app.bot_tls import keep_certificate, tls_address
    from drawbridge.app.clock import SystemClock

    settings = settings_for(data)
    kept = keep_certificate(settings, name or (), SystemClock().now_ms())
    address = tls_address(settings)
    clients = _clients(str(kept.authority), address)
    if json:
        told = {"made": kept.is_new, "authority": kept.authority, "address": address}
        print_json({**told, "names": kept.names, "ends_ms": kept.ends_ms, "clients": clients})
        return
    print_line(say("cli.proxy.tls.address", address=address))
    print_line(say("cli.proxy.tls.trust", path=kept.authority, ends_ms=kept.ends_ms))
    print_fields(clients)
    if kept.is_new:
        print_hint(say("cli.proxy.tls.made"))


def _clients(path: str, address: str) -> dict[str, str]:
    """Write for each client, in its own words, that it trusts the authority in a file.

    Why two names for ccxt: its plain half reads the first, its asynchronous half the second.
    """
    from json import dumps

    ccxt = dumps({"validateServerSsl": path, "cafile": path})
    return {
        "ccxt (Python)": ccxt,
        "freqtrade": f'"ccxt_config": {ccxt}',
        "Node.js": f"NODE_EXTRA_CA_CERTS={_quoted(path)}",
        "requests": f"REQUESTS_CA_BUNDLE={_quoted(path)}",
        "OpenSSL, aiohttp, httpx": f"SSL_CERT_FILE={_quoted(path)}",
        "curl": f"curl --cacert {_quoted(path)} {address}/…",
    }


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)
