"""WebKitGTK's small browser, controlled by its WebDriver over HTTP, on a virtual screen."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from typing import Any

from tests.support.browsers.driver import ScriptError
from tests.support.browsers.webdriver import WebDriver
from tests.support.servers import PATIENCE, free_port, wait_until

START_SECONDS = 120.0
SCREEN = "1600x1200x24"  # larger than each window of the tests
# WebKit hands its frames to the screen through buffers of a GPU. Without a GPU, emulating them takes processor time.
WITHOUT_GPU = {"WEBKIT_DISABLE_DMABUF_RENDERER": "1"}
PATHS = {
    "Navigate": "url",
    "Refresh": "refresh",
    "ExecuteScript": "execute/sync",
    "PerformActions": "actions",
    "FindElement": "element",
    "ElementClick": "element/{id}/click",
    "ElementSendKeys": "element/{id}/value",
    "SetWindowRect": "window/rect",
    "TakeScreenshot": "screenshot",
}


class WebKit(WebDriver):
    """A WebKit with a virtual screen and a session of its own."""

    def __init__(self, driver: str) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._session = ""
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        try:
            screen = self._start_screen()
            environment = os.environ | {"DISPLAY": screen, **WITHOUT_GPU}
            self._start([driver, f"--port={port}"], env=environment)
            if not wait_until(self._ready, START_SECONDS):
                raise RuntimeError(f"WebKit's WebDriver was not ready within {START_SECONDS} s")
            self._session = self._request("POST", "/session", {"capabilities": {}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def _start(self, command: list[str], **options: Any) -> None:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self._processes.append(process)

    def _start_screen(self) -> str:
        """Start Xvfb, which chooses a free display and writes its number to a pipe. Returns the display's name."""
        reader, writer = os.pipe()
        with os.fdopen(reader) as numbers:
            command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
            self._start(command, pass_fds=[writer])
            os.close(writer)
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        return f":{number}"

    def _ready(self) -> bool:
        try:
            return bool(self._request("GET", "/status")["ready"])
        except OSError:
            return False

    def _request(self, method: str, path: str, parameters: dict[str, Any] | None = None) -> Any:
        body = None if parameters is None else json.dumps(parameters).encode()
        request = urllib.request.Request(self._url + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                reason = json.load(error)["value"]
            raise ScriptError(f"{reason['error']}: {reason['message']}") from None

    def command(self, name: str, **parameters: Any) -> Any:
        path = f"/session/{self._session}/{PATHS[name].format(**parameters)}"
        return self._request("GET", path) if name == "TakeScreenshot" else self._request("POST", path, parameters)

    def close(self) -> None:
        if self._session:
            self._request("DELETE", f"/session/{self._session}")
        for process in reversed(self._processes):
            process.terminate()
            process.wait(PATIENCE)
