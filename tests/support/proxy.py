"""A reverse proxy in front of an application, in the same process."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def below(prefix: str, app: ASGIApp, *, strips: bool) -> ASGIApp:
    """The application as a proxy publishes it below `prefix`, such as /inkling. Other addresses do not exist there.

    `strips` says whether the proxy removes the prefix from the path, as `proxy_pass http://127.0.0.1:8000/;` does in
    nginx and `handle_path` in Caddy.
    """

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if not f"{path}/".startswith(f"{prefix}/"):
                await PlainTextResponse("Not below the prefix.", 404)(scope, receive, send)
                return
            if strips:
                scope = {**scope, "path": path.removeprefix(prefix) or "/"}
        await app(scope, receive, send)

    return proxy
