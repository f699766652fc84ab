"""What every answer of a website keeps to, and what no form gets past (scenario 73)."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from drawbridge.accounts.model import Owner
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.ids import OwnerId
from drawbridge.entrypoints.pages.assets import Assets, media_type_of, packaged
from drawbridge.entrypoints.pages.fields import Fields, refused
from drawbridge.entrypoints.pages.look import Look
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.pages.qr import draw_qr
from drawbridge.entrypoints.pages.site import Site, local_path
from drawbridge.entrypoints.pages.visits import Cookies, Person, Visit
from tests.kit.browserling import Browserling

_SECRET = "planted-secret-value"


class _Sessions:
    """Knows one session."""

    async def session(self, token: str) -> Person | None:
        return Owner(OwnerId("own_1"), "Ada", 0) if token == "known" else None


def _entropy(count: int) -> bytes:
    return bytes(range(count))


async def _echo(visit: Visit, fields: Fields) -> Response:
    return PlainTextResponse(f"{visit.person.name} sent {fields.line('word')}")


async def _token(visit: Visit) -> Response:
    return PlainTextResponse(f'name="csrf" value="{visit.csrf}"')


async def _refuse(_visit: Visit) -> Response:
    raise BadInput("not_positive", field="amount")


async def _break(_visit: Visit) -> Response:
    raise RuntimeError(_SECRET)


@pytest.fixture
def browser() -> Browserling:
    shared = "drawbridge.entrypoints.pages"
    own = "drawbridge.entrypoints.web"
    assets = Assets([packaged(own, "static"), packaged(shared, "static")])
    look = Look("web", [packaged(own, "templates"), packaged(shared, "templates")], assets)
    site = Site(look, Cookies("session", _entropy, secure=False), _Sessions())
    routes = [
        assets.route(),
        Route("/echo", site.takes(_echo), methods=["POST"]),
        Route("/open", site.takes(_echo, public=True), methods=["POST"]),
        Route("/token", site.shows(_token, public=True)),
        Route("/mine", site.shows(_token)),
        Route("/refuse", site.shows(_refuse, public=True)),
        Route("/break", site.shows(_break, public=True)),
    ]
    app = Starlette(routes=routes, exception_handlers=site.handlers())
    visitor = Browserling(Manners(app))
    visitor.cookies["session"] = "known"
    return visitor


async def test_a_form_without_its_token_is_refused(browser: Browserling) -> None:
    page = await browser.post("/echo", {"word": "hello"})
    assert page.status == 403
    assert "Nothing was done" in page.words


async def test_a_form_of_another_site_is_refused_even_with_the_token(browser: Browserling) -> None:
    await browser.get("/token")
    for header in ({"sec-fetch-site": "same-site"}, {"origin": "http://127.0.0.1:9999"}):
        page = await browser.post("/echo", {"word": "hello"}, headers=header)
        assert page.status == 403


async def test_a_token_of_another_session_is_refused(browser: Browserling) -> None:
    await browser.get("/token")
    browser.cookies["session"] = "another"
    assert (await browser.post("/open", {"word": "hello"})).status == 403


async def test_who_is_not_logged_in_sees_no_page_of_somebody(browser: Browserling) -> None:
    browser.cookies.clear()
    page = await browser.get("/mine", follow=False)
    assert (page.status, page.header("location")) == (303, "/log-in?next=/mine")


async def test_who_is_not_logged_in_sends_no_form(browser: Browserling) -> None:
    browser.cookies.clear()
    await browser.get("/token")
    page = await browser.post("/echo", {"word": "hello"}, follow=False)
    assert (page.status, page.header("location")) == (303, "/log-in")


async def test_a_body_that_is_no_form_is_refused(browser: Browserling) -> None:
    headers = {"content-type": "application/json"}
    assert (await browser.post("/echo", {}, headers=headers)).status == 422


async def test_a_body_without_end_is_refused(browser: Browserling) -> None:
    page = await browser.post("/echo", {"word": "x" * 5_000_000})
    assert page.status == 422
    assert "far larger" in page.words


async def test_more_fields_than_any_form_has_are_refused(browser: Browserling) -> None:
    page = await browser.post("/echo", [("word", "x")] * 300)
    assert page.status == 422


async def test_an_unforeseen_failure_shows_no_traceback_and_no_text(
    browser: Browserling, caplog: pytest.LogCaptureFixture
) -> None:
    page = await browser.get("/break")
    assert page.status == 500
    assert _SECRET not in page.html + caplog.text
    assert "Traceback" not in page.html
    assert "Something went wrong" in page.words
    assert "RuntimeError" in caplog.text


async def test_another_name_for_this_machine_is_not_answered(browser: Browserling) -> None:
    for host in ("evil.example", "evil.example:8420", "127.0.0.1.evil.example", ""):
        page = await browser.get("/token", headers={"host": host})
        assert page.status == 421
        assert "csrf" not in page.html


async def test_a_page_that_does_not_exist_is_said_in_words(browser: Browserling) -> None:
    page = await browser.get("/nothing-here")
    assert page.status == 404
    assert "no such page" in page.words
    assert (await browser.post("/token")).status == 405


async def test_static_files_are_found_by_exact_name_only(browser: Browserling) -> None:
    for path in ("/static/../look.py", "/static/%2e%2e/look.py", "/static/", "/static/none.css"):
        assert (await browser.get(path)).status == 404


async def test_refusals_stand_on_a_page_with_the_next_step(browser: Browserling) -> None:
    page = await browser.get("/refuse")
    assert page.status == 422
    assert "more than zero" in page.words


async def test_every_answer_forbids_foreign_content_and_framing(browser: Browserling) -> None:
    for path in ("/token", "/refuse", "/break", "/nothing-here", "/static/tokens.css"):
        page = await browser.get(path)
        policy = page.header("content-security-policy")
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.header("x-content-type-options") == "nosniff"
    assert (await browser.get("/token")).header("cache-control") == "no-store"
    assert "immutable" in (await browser.get("/static/tokens.css")).header("cache-control")


async def test_a_form_of_our_own_page_arrives(browser: Browserling) -> None:
    await browser.get("/token")
    page = await browser.post("/echo", {"word": " hello "})
    assert page.words == "Ada sent hello"


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    browser: Browserling,
) -> None:
    browser.cookies.clear()
    page = await browser.get("/refuse")
    cookie = page.header("set-cookie").lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_over_tls_cookies_are_this_hosts_alone() -> None:
    cookies, response = Cookies("session", _entropy, secure=True), PlainTextResponse()
    cookies.put(response, "token")
    cookies.remember_language(response, "uk")
    for cookie in response.headers.getlist("set-cookie"):
        assert cookie.startswith("__Host-")
        assert "secure" in cookie.lower()
        assert "path=/;" in cookie.lower()
        assert "domain" not in cookie.lower()


async def test_a_session_is_found_again_under_the_name_that_tls_gives_it() -> None:
    headers = [(b"cookie", b"__Host-session=known; __Host-drawbridge_language=uk")]
    request = Request({"type": "http", "headers": headers})
    visit = await Cookies("session", _entropy, secure=True).visit(request, _Sessions())
    assert (visit.person.name, visit.language.tag) == ("Ada", "uk")


def test_a_drawing_says_how_it_is_written() -> None:
    assert media_type_of("mark.svg") == "image/svg+xml; charset=utf-8"
    assert media_type_of("a.png") == "image/png"


@pytest.mark.parametrize(
    "text", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\\b", "/a\nb"]
)
def test_after_logging_in_nobody_is_led_to_another_site(text: str) -> None:
    assert local_path(text) == "/"


def test_fields_do_not_show_their_values() -> None:
    assert _SECRET not in repr(Fields([("api_secret", _SECRET)]))


def test_a_refusal_stands_beside_its_field_or_above_the_form() -> None:
    error = BadInput("not_positive", field="amount")
    assert set(refused(error, ("amount",), {}).problems) == {"amount"}
    assert refused(error, ("label",), {}).problem.startswith("amount")
    assert refused(NotProven("not_logged_in"), ("amount",), {}).problem


def test_a_qr_code_is_an_svg_element_without_style() -> None:
    drawn = draw_qr("otpauth://totp/x?secret=ABC&issuer=<y>")
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "otpauth" not in drawn


async def test_files_are_squeezed_for_who_can_read_that_and_pages_never(
    browser: Browserling,
) -> None:
    address = (await browser.get("/nowhere")).html.partition('stylesheet" href="')[2].split('"')[0]
    plain = await browser.get(address)
    squeezed = await browser.get(address, headers={"accept-encoding": "gzip, br"})
    assert squeezed.header("content-encoding") == "gzip"
    assert squeezed.header("vary") == "accept-encoding"
    assert gzip.decompress(squeezed.body) == plain.body
    page = await browser.get("/nowhere", headers={"accept-encoding": "gzip, br"})
    assert not page.header("content-encoding")
