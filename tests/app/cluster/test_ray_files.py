"""The files in deploy/ray/: they are valid, belong together, and start what app/cluster.py defines."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests import ROOT
from tests.app.cluster.load import load
from tests.support.servers import free_port, wait_until
from tests.test_constraints import pins
from tests.test_deploy_files import VERSION

RAY = ROOT / "deploy" / "ray"
SCHEMA = json.loads(Path(__file__).with_name("rayservice.schema.json").read_text(encoding="utf-8"))


def read(name: str) -> Any:
    return yaml.safe_load((RAY / name).read_text(encoding="utf-8"))


def pods(service: Any) -> list[Any]:
    cluster = service["spec"]["rayClusterConfig"]
    return [group["template"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def test_the_manifest_is_valid() -> None:
    service = read("kuberay.yaml")
    jsonschema.validate(service, SCHEMA)
    for template in pods(service):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, **template}
        kubernetes_validate.validate(pod, VERSION, strict=True)
    service["spec"]["rayClusterConfig"]["nonsense"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(service, SCHEMA)


def test_kuberay_starts_the_same_application_as_serve_run() -> None:
    service, plain = read("kuberay.yaml"), read("serve.yaml")
    nested = yaml.safe_load(service["spec"]["serveConfigV2"])
    assert (plain["http_options"].pop("host"), nested["http_options"].pop("host")) == ("127.0.0.1", "0.0.0.0")
    assert nested == plain
    assert service["spec"]["rayClusterConfig"]["rayVersion"] == pins()["ray"]
    for template in pods(service):
        (container,) = template["spec"]["containers"]
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]


@pytest.mark.cluster
@pytest.mark.parametrize("target", ["app.cluster:inkling", "serve.yaml"])
def test_serve_run_starts_inkling_and_ctrl_c_stops_it(target: str, tmp_path: Path) -> None:
    port, argument = 8000, target
    if target == "serve.yaml":
        port = free_port()
        config = read(target)
        config["http_options"]["port"] = port
        (tmp_path / target).write_text(yaml.safe_dump(config))
        argument = str(tmp_path / target)
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    assert not is_ready()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "RAY_AUTH_TOKEN": "t" * 32, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-m", "ray.serve.scripts", "run", argument]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(is_ready, 120)
        with load(url, 2) as sent:
            sent.wait_for(20)
        assert sent.failed == []
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
