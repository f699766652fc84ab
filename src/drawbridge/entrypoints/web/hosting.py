"""Serve the pages over a house that holds the vault's public key only."""

from drawbridge.app.build import House, open_house
from drawbridge.app.lab_keeper import lab_kept
from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import serve, server_for
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.api.door import ApiDoor
from drawbridge.entrypoints.web.app import build_app
from drawbridge.entrypoints.web.services import Services


async def host(settings: Settings, *, with_parent: bool) -> None:
    """Serve until told to stop. Prints one line of JSON when the pages can be opened.

    Raises: `Conflict("port_taken")`, `Corrupted` for a database that cannot be read.
    """
    listener = listen(settings.host, settings.port)
    async with open_house(settings) as house, lab_kept(settings, house.database):
        server = server_for(
            build_app(services_of(house), ApiDoor(house)),
            tls_certificate=settings.tls_certificate,
            tls_key=settings.tls_key,
            trusted_proxy=settings.trusted_proxy,
        )
        scheme = settings.web_address.partition("://")[0]
        address = f"{scheme}://{settings.host}:{port_of(listener)}"
        await serve(
            server, [listener], lambda: tell_ready({"address": address}), with_parent=with_parent
        )


def services_of(house: House) -> Services:
    """Choose from the house what pages call."""
    settings = house.settings
    return Services(
        database=house.database,
        accounts=house.accounts,
        languages=house.languages,
        telegram=house.telegram,
        passes=house.passes,
        tokens=house.tokens,
        sessions=house.sessions,
        passkeys=house.passkeys,
        door=house.door,
        vault=house.vault,
        checks=house.checks,
        robots=house.robots,
        lab=house.lab,
        orders=house.orders,
        history=house.history,
        statistics=house.statistics,
        portfolios=house.portfolios,
        limits=house.limits,
        signals=house.signals,
        notices=house.notices,
        clock=house.clock,
        entropy=house.entropy,
        addresses=settings.egress_addresses,
        paper_site=settings.paper_url(),
        address=settings.public_address,
        # Behind a proxy that does TLS the browser speaks TLS as well.
        secure=bool(settings.tls_certificate or settings.trusted_proxy),
        hosts=(settings.host, *settings.names),
    )
