"""Build the website of the app: every address, and what it leads to."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from drawbridge.accounts.roles import Act, may
from drawbridge.app.build import House
from drawbridge.app.observing.cluster import is_shared
from drawbridge.entrypoints.pages.assets import Assets, packaged
from drawbridge.entrypoints.pages.entrance import Entrance
from drawbridge.entrypoints.pages.look import Look
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.pages.second_factor import SecondFactorPages
from drawbridge.entrypoints.pages.site import Shown, Site, go
from drawbridge.entrypoints.pages.speech import Speech
from drawbridge.entrypoints.pages.visits import Cookies, Person, Visit
from drawbridge.entrypoints.web.account_pages import AccountPages
from drawbridge.entrypoints.web.approval_pages import ApprovalPages
from drawbridge.entrypoints.web.crossing_pages import CrossingPages
from drawbridge.entrypoints.web.export_pages import ExportPages
from drawbridge.entrypoints.web.fork import Fork
from drawbridge.entrypoints.web.glance_routes import glance_routes
from drawbridge.entrypoints.web.help_pages import HelpPages
from drawbridge.entrypoints.web.home_pages import HomePages
from drawbridge.entrypoints.web.hook_pages import HookPages
from drawbridge.entrypoints.web.hooks import Hooks
from drawbridge.entrypoints.web.import_pages import ImportPages
from drawbridge.entrypoints.web.join_pages import JoinPages
from drawbridge.entrypoints.web.keeping_routes import keeping_routes
from drawbridge.entrypoints.web.key_life_pages import LifePages
from drawbridge.entrypoints.web.key_pages import KeyPages
from drawbridge.entrypoints.web.lab_pages import LabPages
from drawbridge.entrypoints.web.licence_pages import licence_routes
from drawbridge.entrypoints.web.notice_pages import NoticePages
from drawbridge.entrypoints.web.order_pages import OrderPages
from drawbridge.entrypoints.web.panic_pages import PanicPages
from drawbridge.entrypoints.web.pass_pages import PassPages
from drawbridge.entrypoints.web.passkey_pages import PasskeyPages
from drawbridge.entrypoints.web.people_pages import PeoplePages
from drawbridge.entrypoints.web.performance_pages import PerformancePages
from drawbridge.entrypoints.web.pulse import Pulse
from drawbridge.entrypoints.web.risk_pages import RiskPages
from drawbridge.entrypoints.web.robot_pages import RobotPages
from drawbridge.entrypoints.web.security_pages import SecurityPages
from drawbridge.entrypoints.web.telegram_pages import TelegramPages
from drawbridge.entrypoints.web.token_pages import TokenPages
from drawbridge.entrypoints.web.virtual_key_pages import VirtualKeyPages
from drawbridge.entrypoints.web.worker_pages import worker_routes

_SHARED: Final = "drawbridge.entrypoints.pages"
_OWN: Final = "drawbridge.entrypoints.web"
_COOKIE: Final = "drawbridge_session"
_POST: Final = ["POST"]
_API: Final = "/api/v1"


def build_app(house: House, api: ASGIApp | None = None, pulse: Pulse | None = None) -> Manners:
    """Build the website over this house, with the API for programs beside it.

    Whoever serves it ends the `pulse` before the server: open answers end with it.
    """
    assets = Assets([packaged(_OWN, "static"), packaged(_SHARED, "static")])
    look = Look("web", [packaged(_OWN, "templates"), packaged(_SHARED, "templates")], assets)
    cookies = Cookies(_COOKIE, house.entropy, secure=house.settings.has_tls)
    site = Site(look, cookies, house.accounts, partial(_around, house))
    mine = site.of(Act.PERSONAL)
    routes = [
        assets.route(),
        *_account_routes(site, house),
        *_security_routes(mine, SecurityPages(site, house)),
        *_passkey_routes(mine, PasskeyPages(site, house)),
        *_people_routes(site, PeoplePages(site, house)),
        *_token_routes(mine, TokenPages(site, house)),
        *_import_routes(site, ImportPages(site, house)),
        *_key_routes(site, KeyPages(site, house)),
        *_panic_routes(site, PanicPages(site, house)),
        *_life_routes(site, LifePages(site, house)),
        *_crossing_routes(site, CrossingPages(site, house)),
        *_virtual_key_routes(site, VirtualKeyPages(site, house)),
        *glance_routes(site, house, pulse or Pulse(house.database)),
        *_performance_routes(site, PerformancePages(site, house)),
        *_export_routes(site, ExportPages(site, house)),
        *_order_routes(site, OrderPages(site, house)),
        *_robot_routes(site, RobotPages(site, house)),
        *_lab_routes(site, LabPages(site, house)),
        *_help_routes(HelpPages(site), mine),
        *_risk_routes(site, RiskPages(site, house)),
        *_hook_routes(site, HookPages(site, house)),
        *licence_routes(site, house),
        *_notice_routes(site, NoticePages(site, house)),
        *_approval_routes(site, ApprovalPages(site, house)),
        *_telegram_routes(mine, house),
        *keeping_routes(site, house),
        *worker_routes(site, house),
        Route("/hooks/{hook}", Hooks(house).receive, methods=_POST),
    ]
    app: ASGIApp = Starlette(routes=routes, exception_handlers=site.handlers())
    if api is not None:
        app = Fork(app, _API, api)
    settings = house.settings
    return Manners(app, (settings.host, *settings.names), secure=settings.has_tls)


def _around(house: House, person: Person) -> Mapping[str, object]:
    """Give what every page shows: whether trading has stopped, what is new, what waits."""
    return {
        "stopped": house.limits.is_stopped(person.account),
        "unread": house.notices.count_unread(person.account),
        "waiting": house.approvals.count_open(person.account),
        "licensed": house.licences.is_asked,
        "shared": may(person.role, Act.OPERATE) and is_shared(house),
        "seen": house.people.name_of(person.account) if person.account != person.id else "",
    }


def _for_lookers(home: Shown) -> Shown:
    """Lead whoever has no account to look at to what they are here for."""

    async def show(visit: Visit) -> Response:
        return await home(visit) if visit.may(Act.LOOK) else go("/people")

    return show


def _account_routes(site: Site, house: House) -> list[Route]:
    entrance = Entrance(site, house.accounts)
    pages = AccountPages(site, house, entrance)
    factor = SecondFactorPages(site, house.accounts, onward="/")
    speech = Speech(site, house.languages)
    join = JoinPages(site, house, entrance)
    mine = site.of(Act.PERSONAL)
    return [
        Route("/", mine.shows(_for_lookers(HomePages(site, house).show))),
        Route("/welcome", site.shows(pages.show_welcome, public=True)),
        Route("/welcome", site.takes(pages.welcome, public=True), methods=_POST),
        Route("/log-in", site.shows(pages.show_log_in, public=True)),
        Route("/log-in", site.takes(entrance.log_in, public=True), methods=_POST),
        Route("/join/{token}", site.shows(join.show, public=True)),
        Route("/join/{token}", site.takes(join.join, public=True), methods=_POST),
        Route("/log-out", mine.takes(entrance.log_out), methods=_POST),
        Route("/vault", site.shows(pages.show_vault)),
        Route("/vault", site.takes(pages.open_vault, act=Act.VAULT), methods=_POST),
        Route("/authenticator", mine.shows(factor.show)),
        Route("/authenticator/begin", mine.takes(factor.begin), methods=_POST),
        Route("/authenticator/confirm", mine.takes(factor.confirm), methods=_POST),
        Route("/authenticator/remove", mine.takes(factor.remove), methods=_POST),
        Route("/language", site.takes(speech.choose, public=True), methods=_POST),
        Route("/profile", mine.shows(pages.show_profile)),
        Route("/audit", mine.shows(pages.show_audit)),
    ]


def _security_routes(site: Site, pages: SecurityPages) -> list[Route]:
    return [
        Route("/security", site.shows(pages.show)),
        Route("/security/password", site.takes(pages.change_password), methods=_POST),
        Route("/security/recovery-codes", site.takes(pages.renew_recovery_codes), methods=_POST),
        Route("/security/sessions/end", site.takes(pages.end_session), methods=_POST),
        Route("/security/sessions/end-others", site.takes(pages.end_others), methods=_POST),
    ]


def _passkey_routes(site: Site, pages: PasskeyPages) -> list[Route]:
    begin = site.takes(pages.begin_log_in, public=True)
    return [
        Route("/security/passkeys", site.shows(pages.show)),
        Route("/security/passkeys/begin", site.takes(pages.begin), methods=_POST),
        Route("/security/passkeys", site.takes(pages.add), methods=_POST),
        Route("/security/passkeys/remove", site.takes(pages.remove), methods=_POST),
        Route("/log-in/passkey/begin", begin, methods=_POST),
        Route("/log-in/passkey", site.takes(pages.log_in, public=True), methods=_POST),
    ]


def _people_routes(site: Site, pages: PeoplePages) -> list[Route]:
    seen, halted, ruled = site.of(Act.SEE_PEOPLE), site.of(Act.HALT), site.of(Act.RULE)
    one = "/people/{person}"
    return [
        Route("/people", seen.shows(pages.show)),
        Route("/people/invite", ruled.takes(pages.invite), methods=_POST),
        Route("/people/invitations/withdraw", ruled.takes(pages.withdraw), methods=_POST),
        Route("/people/freeze", halted.shows(pages.show_freezing)),
        Route("/people/freeze", halted.takes(pages.freeze), methods=_POST),
        Route(one, seen.shows(pages.show_one)),
        Route(f"{one}/keys/disable", halted.takes(pages.halt_key), methods=_POST),
        Route(f"{one}/sessions/end", halted.takes(pages.end_sessions), methods=_POST),
        Route(f"{one}/end", halted.shows(pages.confirm)),
        Route(f"{one}/end", halted.takes(pages.end), methods=_POST),
        Route(f"{one}/role", ruled.takes(pages.set_role), methods=_POST),
        Route(f"{one}/let-back", ruled.shows(pages.confirm)),
        Route(f"{one}/let-back", ruled.takes(pages.let_back), methods=_POST),
    ]


def _token_routes(site: Site, pages: TokenPages) -> list[Route]:
    return [
        Route("/security/tokens", site.shows(pages.show)),
        Route("/security/tokens", site.takes(pages.make), methods=_POST),
        Route("/security/tokens/revoke", site.takes(pages.revoke), methods=_POST),
    ]


def _key_routes(site: Site, pages: KeyPages) -> list[Route]:
    return [
        Route("/keys", site.shows(pages.show_all)),
        Route("/keys/new", site.shows(pages.show_new, act=Act.CHANGE)),
        Route("/keys/new", site.takes(pages.add), methods=_POST),
        Route("/keys/{key}", site.shows(pages.show)),
        Route("/keys/{key}/check", site.shows(pages.show_check)),
        Route("/keys/{key}/check", site.takes(pages.check), methods=_POST),
        Route("/keys/{key}/holdings", site.shows(pages.show_holdings)),
        Route("/keys/{key}/currency", site.takes(pages.choose_currency), methods=_POST),
        Route("/keys/{key}/disable", site.takes(pages.disable), methods=_POST),
        Route("/keys/{key}/enable", site.shows(pages.confirm, act=Act.CHANGE)),
        Route("/keys/{key}/enable", site.takes(pages.enable), methods=_POST),
        Route("/keys/{key}/delete", site.shows(pages.confirm, act=Act.CHANGE)),
        Route("/keys/{key}/delete", site.takes(pages.delete), methods=_POST),
    ]


def _import_routes(site: Site, pages: ImportPages) -> list[Route]:
    return [
        Route("/keys/import", site.shows(pages.show, act=Act.CHANGE)),
        Route("/keys/import", site.takes(pages.bring_in), methods=_POST),
        Route("/keys/import/copy", site.takes(pages.copy), methods=_POST),
    ]


def _life_routes(site: Site, pages: LifePages) -> list[Route]:
    return [
        Route("/keys/{key}/life", site.shows(pages.show)),
        Route("/keys/{key}/life", site.takes(pages.change), methods=_POST),
    ]


def _panic_routes(site: Site, pages: PanicPages) -> list[Route]:
    one = "/keys/{key}/leak"
    return [
        Route("/panic", site.shows(pages.show_panic, act=Act.CHANGE)),
        Route("/panic", site.takes(pages.panic), methods=_POST),
        Route(one, site.shows(pages.show)),
        Route(one, site.takes(pages.stop), methods=_POST),
        Route(f"{one}/live", site.shows(pages.show_live)),
        Route(f"{one}/report", site.takes(pages.ask), methods=_POST),
        Route(f"{one}.csv", site.shows(pages.download)),
        Route(f"{one}.json", site.shows(pages.download_json)),
    ]


def _crossing_routes(site: Site, pages: CrossingPages) -> list[Route]:
    return [
        Route("/virtual-keys/requests", site.shows(pages.show)),
        Route("/virtual-keys/requests.csv", site.shows(pages.download)),
    ]


def _virtual_key_routes(site: Site, pages: VirtualKeyPages) -> list[Route]:
    one = "/virtual-keys/{virtual}"
    return [
        Route("/virtual-keys", site.shows(pages.show_all)),
        Route("/virtual-keys/new", site.shows(pages.show_new, act=Act.CHANGE)),
        Route("/virtual-keys/new", site.takes(pages.make), methods=_POST),
        Route(one, site.shows(pages.show)),
        Route(f"{one}/live", site.shows(pages.show_live)),
        Route(f"{one}/narrow", site.shows(pages.show_narrow, act=Act.CHANGE)),
        Route(f"{one}/narrow", site.takes(pages.narrow), methods=_POST),
        Route(f"{one}/revoke", site.shows(pages.show_revoke, act=Act.CHANGE)),
        Route(f"{one}/revoke", site.takes(pages.revoke), methods=_POST),
    ]


def _performance_routes(site: Site, pages: PerformancePages) -> list[Route]:
    return [
        Route("/keys/{key}/performance", site.shows(pages.show)),
        Route("/keys/{key}/performance.json", site.shows(pages.show_chart)),
    ]


def _export_routes(site: Site, pages: ExportPages) -> list[Route]:
    return [
        Route("/export", site.shows(pages.show)),
        Route("/export/trades.csv", site.shows(pages.download)),
    ]


def _order_routes(site: Site, pages: OrderPages) -> list[Route]:
    return [
        Route("/orders", site.shows(pages.show)),
        Route("/orders.csv", site.shows(pages.download)),
    ]


def _robot_routes(site: Site, pages: RobotPages) -> list[Route]:
    return [
        Route("/robots", site.shows(pages.show_all)),
        Route("/robots/new", site.shows(pages.show_new, act=Act.CHANGE)),
        Route("/robots/new", site.takes(pages.create), methods=_POST),
        Route("/robots/{robot}", site.shows(pages.show)),
        Route("/robots/{robot}/live", site.shows(pages.show_live)),
        Route("/robots/{robot}/chart.json", site.shows(pages.show_chart)),
        Route("/robots/{robot}/start", site.takes(pages.start), methods=_POST),
        Route("/robots/{robot}/stop", site.shows(pages.show_stop, act=Act.CHANGE)),
        Route("/robots/{robot}/stop", site.takes(pages.stop), methods=_POST),
        Route("/robots/{robot}/delete", site.takes(pages.delete), methods=_POST),
    ]


def _help_routes(pages: HelpPages, site: Site) -> list[Route]:
    return [
        Route("/help", site.shows(pages.show)),
        Route("/help/pictures/{name}", site.shows(pages.show_picture)),
        Route("/help/{name:path}", site.shows(pages.show_document)),
    ]


def _risk_routes(site: Site, pages: RiskPages) -> list[Route]:
    return [
        Route("/risk", site.shows(pages.show)),
        Route("/risk/stop", site.takes(pages.stop), methods=_POST),
        Route("/risk/resume", site.takes(pages.resume), methods=_POST),
        Route("/risk/limits", site.shows(pages.show_limits)),
        Route("/risk/limits", site.takes(pages.set_limits), methods=_POST),
    ]


def _lab_routes(site: Site, pages: LabPages) -> list[Route]:
    return [
        Route("/lab", site.shows(pages.show_all)),
        Route("/lab/new", site.shows(pages.show_new, act=Act.CHANGE)),
        Route("/lab/new", site.takes(pages.order), methods=_POST),
        Route("/lab/{trial}", site.shows(pages.show)),
        Route("/lab/{trial}/progress", site.shows(pages.show_progress)),
        Route("/lab/{trial}/chart.json", site.shows(pages.show_chart)),
        Route("/lab/{trial}/sheet.json", site.shows(pages.show_json)),
        Route("/lab/{trial}/apply", site.takes(pages.apply), methods=_POST),
        Route("/lab/{trial}/stop", site.takes(pages.stop), methods=_POST),
        Route("/lab/{trial}/delete", site.takes(pages.delete), methods=_POST),
    ]


def _hook_routes(site: Site, pages: HookPages) -> list[Route]:
    return [
        Route("/robots/{robot}/hook", site.shows(pages.show, act=Act.CHANGE)),
        Route("/robots/{robot}/hook", site.takes(pages.make), methods=_POST),
        Route("/robots/{robot}/hook/remove", site.takes(pages.remove), methods=_POST),
    ]


def _telegram_routes(site: Site, house: House) -> list[Route]:
    pages, passes = TelegramPages(site, house), PassPages(site, house)
    return [
        Route("/telegram", site.shows(pages.show)),
        Route("/telegram/code", site.takes(pages.draw), methods=_POST),
        Route("/telegram/unlink", site.takes(pages.unlink), methods=_POST),
        Route("/add/{token}", site.shows(passes.show, public=True)),
        Route("/add/{token}", site.takes(passes.add, public=True), methods=_POST),
    ]


def _notice_routes(site: Site, pages: NoticePages) -> list[Route]:
    return [
        Route("/notices", site.shows(pages.show)),
        Route("/notices/read", site.takes(pages.mark_read), methods=_POST),
        Route("/notices/ways", site.shows(pages.show_ways, act=Act.CHANGE)),
        Route("/notices/ways/webhook/secret", site.takes(pages.renew_secret), methods=_POST),
        Route("/notices/ways/{channel}", site.takes(pages.set_way), methods=_POST),
        Route("/notices/ways/{channel}/test", site.takes(pages.test), methods=_POST),
        Route("/notices/kinds", site.takes(pages.choose), methods=_POST),
        Route("/notices/summary", site.takes(pages.set_summary), methods=_POST),
    ]


def _approval_routes(site: Site, pages: ApprovalPages) -> list[Route]:
    return [
        Route("/approvals", site.shows(pages.show)),
        Route("/approvals/live", site.shows(pages.show_live)),
        Route("/approvals/approve", site.takes(pages.approve), methods=_POST),
        Route("/approvals/decline", site.takes(pages.decline), methods=_POST),
    ]
