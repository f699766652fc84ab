"""Two applications behind one rim: the pages, and what is served under a path of its own."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Fork:
    """Lead what is under `path` to `inner` and all else to `site`.

    Why: a mounted route finds its paths by a pattern that ends at a line break, and a program
    that sends one is to be told so as a program.
    """

    site: ASGIApp
    path: str
    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(f"{self.path}/"):
            await self.inner({**scope, "root_path": self.path}, receive, send)
        else:
            await self.site(scope, receive, send)
