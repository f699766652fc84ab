"""The account site of the paper exchange: where people sign up, make keys, see their money.

It looks like our other pages but says on every one of them that nothing here is real. The rules
of keys are the paper exchange's own; here they become forms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from drawbridge.accounts.languages import Languages
from drawbridge.accounts.service import Accounts
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import GetOpenOrders
from drawbridge.entrypoints.pages.assets import Assets, packaged
from drawbridge.entrypoints.pages.entrance import Entrance, read_new_password
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.look import Look
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.pages.second_factor import SecondFactorPages
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.speech import Speech
from drawbridge.entrypoints.pages.visits import Cookies, Visit
from drawbridge.entrypoints.paper_server.key_pages import KeyPages
from drawbridge.paper.world import PaperWorld

_SHARED: Final = "drawbridge.entrypoints.pages"
_OWN: Final = "drawbridge.entrypoints.paper_server"
_SIGN_UP: Final = ("name", "password", "password_again")
# Not the app's cookie: browsers carry a cookie to every port of a host.
_COOKIE: Final = "paper_session"


@dataclass(frozen=True, slots=True)
class SiteParts:
    """What the site is made of; `accounts` keeps the paper exchange's own people."""

    world: PaperWorld
    accounts: Accounts
    languages: Languages
    exchanges: Sequence[Exchange]
    clock: Clock
    entropy: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class _AccountPages:
    site: Site
    parts: SiteParts
    entrance: Entrance

    async def show(self, visit: Visit) -> Response:
        """Show balances and open orders."""
        world, account = self.parts.world, visit.person.id
        now_ms = self.parts.clock.now_ms()
        orders = [
            {
                "exchange": exchange.card.name,
                "symbol": order.symbol,
                "side": order.side.value,
                "price": order.price,
                "quantity": order.quantity,
                "filled": order.filled,
            }
            for exchange in self.parts.exchanges
            for order in world.carry_out(exchange.id, account, GetOpenOrders(), now_ms)
        ]
        facts = {"balances": world.balances(account), "orders": orders}
        return self.site.page(visit, "account.html", facts)

    async def show_sign_up(self, visit: Visit) -> Response:
        """Show the form."""
        return self.site.page(visit, "sign_up.html", {"form": Form()})

    async def sign_up(self, visit: Visit, fields: Fields) -> Response:
        """Open an account with demo balances and lead on to the authenticator."""
        name = fields.line("name")
        try:
            password = read_new_password(fields)
            owner = await self.parts.accounts.create_owner(name, password)
            await self.parts.world.open_account(owner.id, self.parts.clock.now_ms())
            return await self.entrance.open_for(visit, name, password, "", "/authenticator")
        except DrawbridgeError as error:
            form = refused(error, _SIGN_UP, fields.keep("name"))
            return self.site.page(visit, "sign_up.html", {"form": form}, error.http_status)


def build_site(parts: SiteParts) -> ASGIApp:
    """Build the account site."""
    static = packaged(_SHARED, "static")
    assets = Assets([static])
    look = Look("paper", [packaged(_OWN, "templates"), packaged(_SHARED, "templates")], assets)
    site = Site(look, Cookies(_COOKIE, parts.entropy, secure=False), parts.accounts)
    app = Starlette(
        routes=[assets.route(), *_routes(site, parts)], exception_handlers=site.handlers()
    )
    return Manners(app)


def _routes(site: Site, parts: SiteParts) -> list[Route]:
    entrance = Entrance(site, parts.accounts)
    account = _AccountPages(site, parts, entrance)
    factor = SecondFactorPages(site, parts.accounts, onward="/api-management")
    speech = Speech(site, parts.languages)
    keys = KeyPages(site, parts.world, parts.accounts, parts.exchanges, parts.clock, parts.entropy)
    one = "/api-management/{exchange}/{name}"
    post = ["POST"]
    return [
        Route("/", site.shows(account.show)),
        Route("/sign-up", site.shows(account.show_sign_up, public=True)),
        Route("/sign-up", site.takes(account.sign_up, public=True), methods=post),
        Route("/log-in", site.shows(entrance.show, public=True)),
        Route("/log-in", site.takes(entrance.log_in, public=True), methods=post),
        Route("/log-out", site.takes(entrance.log_out), methods=post),
        Route("/language", site.takes(speech.choose, public=True), methods=post),
        Route("/authenticator", site.shows(factor.show)),
        Route("/authenticator/begin", site.takes(factor.begin), methods=post),
        Route("/authenticator/confirm", site.takes(factor.confirm), methods=post),
        Route("/authenticator/remove", site.takes(factor.remove), methods=post),
        Route("/api-management", site.shows(keys.show)),
        Route("/api-management/new", site.shows(keys.show_new)),
        Route("/api-management/new", site.takes(keys.create), methods=post),
        Route(f"{one}/disable", site.takes(keys.disable), methods=post),
        Route(f"{one}/enable", site.takes(keys.enable), methods=post),
        Route(f"{one}/delete", site.shows(keys.show_delete)),
        Route(f"{one}/delete", site.takes(keys.delete), methods=post),
    ]
