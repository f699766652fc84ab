"""The addresses of Portfolio, what changes on Home, and all that pages hear as it changes."""

from starlette.routing import Route

from drawbridge.app.build import House
from drawbridge.entrypoints.pages.entrance import Entrance
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.web.account_pages import AccountPages
from drawbridge.entrypoints.web.approval_pages import ApprovalPages
from drawbridge.entrypoints.web.home_pages import HomePages
from drawbridge.entrypoints.web.key_pages import KeyPages
from drawbridge.entrypoints.web.lab_pages import LabPages
from drawbridge.entrypoints.web.live import Live
from drawbridge.entrypoints.web.panic_pages import PanicPages
from drawbridge.entrypoints.web.portfolio_pages import PortfolioPages
from drawbridge.entrypoints.web.pulse import Pulse
from drawbridge.entrypoints.web.replacement_pages import replacement_routes
from drawbridge.entrypoints.web.robot_pages import RobotPages
from drawbridge.entrypoints.web.virtual_key_pages import VirtualKeyPages


def glance_routes(site: Site, house: House, pulse: Pulse) -> list[Route]:
    """Give the routes; each stream tells what the fragment beside it shows."""
    home, portfolio = HomePages(site, house), PortfolioPages(site, house)
    vault = AccountPages(site, house, Entrance(site, house.accounts))
    live = Live(site, house.sessions, pulse)
    return [
        Route("/vault/state", site.shows(vault.show_vault_state)),
        Route("/home/live", site.shows(home.show_live)),
        Route("/portfolio", site.shows(portfolio.show)),
        Route("/portfolio/live", site.shows(portfolio.show_live)),
        Route("/portfolio.json", site.shows(portfolio.show_chart)),
        Route("/portfolio/currency", site.takes(portfolio.choose_currency), methods=["POST"]),
        Route("/live/vault", live.streams(vault.show_vault_state)),
        Route("/live/home", live.streams(home.show_live)),
        Route("/live/portfolio", live.streams(portfolio.show_live)),
        Route("/live/approvals", live.streams(ApprovalPages(site, house).show_live)),
        *_streams_of_one(site, house, live),
        *replacement_routes(site, house, live),
    ]


def _streams_of_one(site: Site, house: House, live: Live) -> list[Route]:
    keys, robots, lab = KeyPages(site, house), RobotPages(site, house), LabPages(site, house)
    virtual_keys = VirtualKeyPages(site, house)
    return [
        Route("/live/robots/{robot}", live.streams(robots.show_live)),
        Route("/live/keys/{key}/check", live.streams(keys.show_check)),
        Route("/live/keys/{key}/holdings", live.streams(keys.show_holdings)),
        Route("/live/keys/{key}/leak", live.streams(PanicPages(site, house).show_live)),
        Route("/live/virtual-keys/{virtual}", live.streams(virtual_keys.show_live)),
        Route("/live/lab/{trial}", live.streams(lab.show_progress)),
    ]
