"""Access control: only programs and this service's own pages may change things, and only on this machine or with the
administrator's token."""

import hmac
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from app.http.problem_types import PROBLEMS
from app.http.problems import Problem
from app.settings import Settings


def check_host(request: Request) -> None:
    """Raise Problem if the request names the service by an unknown host name.

    The owner of a name can make it point to this machine, even to 127.0.0.1 (DNS rebinding). For the browser, a page
    under this name then belongs to this service, and could read and delete what is saved. An IP address or a name for
    this machine itself cannot be rebound. Only old programs send no Host header. Two
    Host headers are refused, because either could be meant.
    """
    names = request.headers.getlist("host") or ["localhost"]
    try:
        name = "" if len(names) > 1 else urlsplit(f"//{names[0]}").hostname or ""
    except ValueError:
        name = ""
    if not (name in request.app.state.hosts or name == "localhost" or name.endswith(".localhost") or _is_address(name)):
        raise Problem("unknown-host")


def check_site(request: Request) -> None:
    """Raise Problem if a page of another site sent the request.

    Browsers send the header Sec-Fetch-Site, which says whether the page belongs to the same site. If the service is on
    another machine and uses plain HTTP, they send only Origin: the scheme, host and port of the page. Programs send
    neither header and are allowed.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not allowed:
        raise Problem("foreign-request")


def changes_are_possible(settings: Settings) -> bool:
    """Whether these settings let anybody train, or upload, delete or switch weights."""
    return settings.training and (settings.admin_token is not None or _is_private(settings))


def pages_may_change(settings: Settings) -> bool:
    """Whether the pages may upload, delete and switch weights without the administrator's token."""
    return changes_are_possible(settings) and settings.admin_token is None


def _is_private(settings: Settings) -> bool:
    """Whether the service can be reached from this machine only. Behind a proxy, it can be reached from others."""
    return is_loopback(settings.address) and not settings.trusted_proxies


def is_loopback(address: str) -> bool:
    """Whether an address can be reached from this machine only. IPv6 writes an IPv4 address as ::ffff:127.0.0.1."""
    try:
        found = ip_address(address)
    except ValueError:
        return address == "localhost"
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def check_changes(request: Request) -> None:
    """Raise Problem unless this request may train, or upload, delete or switch weights.

    If the server operator has set a token, the request needs it. Otherwise the service must listen on a loopback
    address and trust no proxy, and the request must name the service by a known host name.
    """
    settings: Settings = request.app.state.settings
    if not settings.training:
        raise Problem("changes-disabled")
    check_site(request)
    if settings.admin_token is not None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        expected = settings.admin_token.get_secret_value()
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), expected.encode()):
            raise _unauthorised("Send the token: Authorization: Bearer TOKEN.")
    elif _is_private(settings):
        check_host(request)
    else:
        raise _unauthorised("This server has no token yet: its operator can set INKLING_ADMIN_TOKEN.")


def may_change(request: Request) -> bool:
    """Whether this request would be allowed to change something."""
    try:
        check_changes(request)
    except Problem:
        return False
    return True


# It is only for the documentation: `check_changes` reads the header itself, because the token may not be required.
_TOKEN = HTTPBearer(
    scheme_name="INKLING_ADMIN_TOKEN",
    description="The administrator's token. If none is set, a service that only its own machine can reach needs none.",
    auto_error=False,
)


async def _changes(request: Request, _: Annotated[object, Security(_TOKEN)]) -> None:
    """A dependency that calls `check_changes`."""
    check_changes(request)


def _unauthorised(what_to_do: str) -> Problem:
    detail = f"{PROBLEMS['unauthorised'].meaning} {what_to_do}"
    return Problem("unauthorised", detail, headers={"WWW-Authenticate": "Bearer"})


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


CHANGE_PROBLEMS = ("changes-disabled", "foreign-request", "unauthorised", "unknown-host")
Changes = Annotated[None, Depends(_changes)]
