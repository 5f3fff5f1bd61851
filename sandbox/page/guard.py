"""Who may talk to the page: this machine's own browser, from the page itself. A hostile website may not."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

UPLOADS = "/api/upload"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine; a name that merely resolves to it (DNS rebinding) does not."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a request comes from the page. No Origin is a GET of the page's own, or no browser at all."""
    return origin is None or origin.casefold() == f"http://{host}".casefold()


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and origins, and bodies a web form could send without asking."""
    host = request.headers.get("Host", "")
    if not is_loopback_host(host):
        raise web.HTTPForbidden(text="The sandbox answers only to this machine.")
    if not is_own_origin(request.headers.get("Origin"), host):
        raise web.HTTPForbidden(text="The sandbox answers only to its own page.")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.path != "/":
        raise web.HTTPForbidden(text="The sandbox answers only to its own page.")
    # A web form can send neither of the two without asking; files come as they are.
    wanted = "application/octet-stream" if request.path == UPLOADS else "application/json"
    if request.method == "POST" and request.content_type != wanted:
        raise web.HTTPUnsupportedMediaType(text=f"Send {wanted}.")
    return await handler(request)


def page_headers(host: str, picture_origin: str) -> dict[str, str]:
    """Headers of every answer: the page loads from and sends to itself and the stand-in's pictures, nothing else."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: {picture_origin} blob:",
        f"connect-src 'self' ws://{host}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
