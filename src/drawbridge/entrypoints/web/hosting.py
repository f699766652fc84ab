"""Serve the pages over a house that holds the vault's public key only."""

from starlette.types import ASGIApp

from drawbridge.app.build import open_house
from drawbridge.app.clock import entropy, monotonic_ns, now_ns
from drawbridge.app.lab_keeper import lab_kept
from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.observing.exporting import exporter_of, sending
from drawbridge.app.observing.operations import of_database, told_to_operators
from drawbridge.app.observing.traces import Traces
from drawbridge.app.serving import serve, server_for
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.api.door import ApiDoor
from drawbridge.entrypoints.web.app import build_app
from drawbridge.entrypoints.web.pulse import Pulse
from drawbridge.entrypoints.web.traced import TracedSite


async def host(settings: Settings, *, with_parent: bool) -> None:
    """Serve until told to stop. Prints one line of JSON when the pages can be opened.

    Raises: `Conflict("port_taken")`, `Corrupted` for a database that cannot be read.
    """
    listener = listen(settings.host, settings.port)
    async with open_house(settings) as house, lab_kept(settings, house.database):
        pulse = Pulse(house.database)
        exporter = exporter_of(settings.observing, "web")
        app: ASGIApp = build_app(house, ApiDoor(house), pulse)
        if exporter is not None:
            one_in = settings.observing.traces_one_in
            app = TracedSite(app, Traces(one_in, now_ns, entropy, exporter.keep))
        server = server_for(
            app,
            tls_certificate=settings.tls_certificate,
            tls_key=settings.tls_key,
            trusted_proxy=settings.trusted_proxy,
        )
        scheme = settings.web_address.partition("://")[0]
        address = f"{scheme}://{settings.host}:{port_of(listener)}"
        asked, told = of_database(house.database, monotonic_ns)
        sources = [told] if exporter is None else [told, exporter.read]
        operators = told_to_operators(settings.observing, "web", [asked], sources)
        async with sending(exporter), operators as seen:
            await serve(
                server,
                [listener],
                lambda: tell_ready({"address": address, **seen}),
                with_parent=with_parent,
                on_stop=pulse.end,
            )
