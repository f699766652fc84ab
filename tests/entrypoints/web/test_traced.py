"""Requests for pages as traces tell them: the route's address, and nothing that was in it."""

from drawbridge.app.observing.traces import Traces
from drawbridge.core.tracing import Span
from drawbridge.entrypoints.web.traced import TracedSite
from tests.kit.browserling import Browserling
from tests.kit.owner import set_up
from tests.kit.web_site import WebSite


async def test_a_request_is_told_by_its_route_and_status_and_nothing_that_was_typed(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    spans: list[Span] = []
    tracer = Traces(1, lambda: 7, lambda size: b"x" * size, spans.append)
    followed = Browserling(TracedSite(site.app, tracer))
    followed.cookies.update(browser.cookies)
    for path in (
        "/",
        "/robots/robot_4f7q2mabcdefghij?hunter2=hunter2",
        "/help/howto/install",
        "/hunter2/hunter2",
        "/static/hunter2",
    ):
        await followed.get(path, follow=False)
    await followed.post("/keys/key_4f7q2mabcdefghij/disable", {"csrf": "hunter2"}, follow=False)
    told = [(it.facts["http.route"], it.facts["http.response.status_code"]) for it in spans]
    assert told == [
        ("/", "200"),
        ("/robots/{robot}", "404"),
        ("/help/{name}", "200"),
        ("none", "404"),
        ("/static/{name}", "404"),
        ("/keys/{key}/disable", "403"),
    ]
    assert "hunter2" not in str(spans)
    assert spans[-1].facts["http.request.method"] == "POST"
