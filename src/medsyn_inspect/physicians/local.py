"""What the local pages of physicians share: they listen on this computer only, and answer nobody without a link."""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

HOST = "127.0.0.1"
"""The pages can be opened on this computer only."""

PORT = 8765
"""The default port."""

LONGEST_BODY = 1_000_000
"""Bytes of the longest form that is accepted."""

PAGES = "physicians/pages"

ENVIRONMENT = Environment(
    loader=PackageLoader("medsyn_inspect", PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Page = tuple[str, Mapping[str, Any]]
"""The name of a template, and its values."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer", browsers send the origin "null" with a form, and every form would be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class PageError(ValueError):
    """Raised if a local page cannot be served; the message says how to fix it."""


def check_name(name: str) -> str:
    """The name, if it can be used for a person.

    Raises:
        PageError: If it has other characters than letters, digits, `.`, `_` and `-`.
    """
    if not _NAME.fullmatch(name):
        raise PageError(f"name {name!r}: use up to 40 letters, digits, '.', '_' and '-', such as rater-1")
    return name


def key_of(secret: str, person: str) -> str:
    """The secret part of a person's link."""
    return hmac.new(secret.encode(), person.encode(), hashlib.sha256).hexdigest()[:24]


def application(routes: list[BaseRoute], port: int) -> Starlette:
    """An application that refuses requests from other hosts and origins.

    Args:
        routes: Its routes.
        port: The port at which it is served.
    """
    static = Mount("/static", StaticFiles(directory=Path(__file__).parent / "pages" / "static"))
    allowed = {f"{name}:{port}" for name in (HOST, "localhost")}

    async def guard(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        refused = _refused(request, allowed)
        response = refused or await proceed(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return Starlette(routes=[*routes, static], middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard)])


def _refused(request: Request, allowed: set[str]) -> Response | None:
    """Why a request is not answered: a page of another site must not read or send anything in a person's name."""
    if request.headers.get("host") not in allowed:
        return PlainTextResponse("This page can only be opened as 127.0.0.1 or localhost.", 403)
    if request.method in ("GET", "HEAD"):
        return None
    if request.headers.get("origin") not in {f"http://{name}" for name in allowed}:
        return PlainTextResponse("This request comes from another page.", 403)
    if int(request.headers.get("content-length", "0")) > LONGEST_BODY:
        return PlainTextResponse("This is too long.", 413)
    return None


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; of a field that occurs several times, all values, one a line."""
    body = (await request.body()).decode("utf-8", errors="replace")
    return {name: "\n".join(values) for name, values in parse_qs(body, keep_blank_values=True).items()}


def page(content: Page, status: int = 200) -> HTMLResponse:
    """A page from a template and its values."""
    template, values = content
    return HTMLResponse(ENVIRONMENT.get_template(template).render(values), status)


def free_port(port: int) -> socket.socket:
    """A socket that listens at the port.

    Args:
        port: 0 for any free one.

    Raises:
        PageError: If the port is in use.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(100)
    except OSError:
        listening.close()
        raise PageError(f"port {port} is in use: is the page already open in another terminal? Or use --port") from None
    return listening


def serve(application: Starlette, listening: socket.socket) -> None:
    """Serve until Ctrl-C."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off")).run(sockets=[listening])
