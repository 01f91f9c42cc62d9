"""Reverse proxies: one in the test's own process, and nginx and Caddy with the lines that docs/deploy.md shows."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests import ROOT
from tests.support.servers import PATIENCE, free_port, wait_until

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {lines}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
{lines}
"""


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


def documented(language: str) -> str:
    """The lines for a proxy in docs/deploy.md."""
    text = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def running_proxy(name: str, service: str, folder: Path) -> Iterator[str]:
    """Run the proxy `nginx` or `caddy` in front of the service at an address. Yields the proxy's own address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    lines = documented({"nginx": "nginx", "caddy": "caddyfile"}[name]).replace("http://127.0.0.1:8000", service)
    lines = lines.replace("127.0.0.1:8000", service.removeprefix("http://")).replace("school.example {", f"{url} {{")
    configuration = folder / name
    program = shutil.which(name)
    assert program is not None, f"{name} is not installed: python -m tools.install_programs"
    if name == "nginx":
        configuration.write_text(NGINX.format(folder=folder, port=port, lines=lines))
        command = [program, "-e", str(folder / "error.log"), "-c", str(configuration)]
    else:
        configuration.write_text(CADDY.format(lines=lines.replace(f"{url} {{", f"{url} {{\n    bind 127.0.0.1")))
        command = [program, "run", "--config", str(configuration), "--adapter", "caddyfile"]
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        assert wait_until(lambda: _answers(url)), (folder / f"{name}.log").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/inkling/livez", timeout=1).status_code == 200
    except httpx2.TransportError:
        return False
