"""Firefox, controlled through Marionette: WebDriver's commands as JSON over TCP, without a driver program.

See https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.support.browsers.driver import ScriptError
from tests.support.browsers.webdriver import WebDriver
from tests.support.servers import wait_until

START_SECONDS = 180.0  # on a machine that is busy with other tests
PREFERENCES: dict[str, bool | int | str] = {
    "marionette.port": 0,  # Firefox chooses a port, which it writes to a file of its profile
    "network.captive-portal-service.enabled": False,
    # Everything below saves work that no page sees: processes that start before they are needed or belong to parts of
    # Firefox other than the page, and the first page with its news.
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.webextensions.remote": False,
    "browser.startup.page": 0,
    "browser.startup.homepage": "about:blank",
    "browser.newtabpage.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
}


class Firefox(WebDriver):
    """A headless Firefox with a profile of its own, in which some preferences differ."""

    def __init__(self, executable: str, preferences: dict[str, bool] | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="inkling-firefox-"))
        values = PREFERENCES | (preferences or {})
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in values.items()]
        (self._folder / "user.js").write_text("".join(lines))
        command = [executable, "--headless", "--marionette", "--no-remote", "--profile", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._number = 0
        self._socket: socket.socket | None = None
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        port = self._folder / "MarionetteActivePort"
        if not wait_until(lambda: port.exists() and port.read_text().strip() != "", START_SECONDS):
            raise RuntimeError(f"Firefox was not ready within {START_SECONDS} s")
        self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())), START_SECONDS)
        self._answers = self._socket.makefile("rb")
        self._receive()  # a greeting
        self.command("NewSession")

    def _receive(self) -> Any:
        size = b""
        while (digit := self._answers.read(1)) != b":":
            if not digit:
                raise ConnectionError("Firefox has closed the connection")
            size += digit
        return json.loads(self._answers.read(int(size)))

    def command(self, name: str, **parameters: Any) -> Any:
        self._number += 1
        assert self._socket is not None
        message = json.dumps([0, self._number, f"WebDriver:{name}", parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error:
            raise ScriptError(f"{error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def close(self) -> None:
        if self._socket:
            self._answers.close()
            self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
