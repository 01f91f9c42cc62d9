"""The files in deploy/: they are valid, and give the service no rights that it does not need."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.main import create_app
from app.settings import Settings
from tests import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
VERSION = "1.37"  # of Kubernetes
KINDS = {
    "deployment.yaml": "Deployment",
    "service.yaml": "Service",
    "autoscaler.yaml": "HorizontalPodAutoscaler",
    "disruption.yaml": "PodDisruptionBudget",
}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pod() -> Any:
    return read(KUBERNETES / "deployment.yaml")["spec"]["template"]


@pytest.mark.parametrize(("file", "kind"), KINDS.items())
def test_the_manifests_are_valid(file: str, kind: str) -> None:
    manifest = read(KUBERNETES / file)
    assert manifest["kind"] == kind
    kubernetes_validate.validate(manifest, VERSION, strict=True)
    manifest["spec"]["nonsense"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_the_manifests_belong_together(pod: Any) -> None:
    assert read(KUBERNETES / "kustomization.yaml")["resources"] == list(KINDS)
    deployment, service, autoscaler, budget = (read(KUBERNETES / file) for file in KINDS)
    target = {name: deployment[name] for name in ("apiVersion", "kind")} | {"name": deployment["metadata"]["name"]}
    assert autoscaler["spec"]["scaleTargetRef"] == target
    assert "replicas" not in deployment["spec"]  # otherwise `kubectl apply` would undo the autoscaler's work
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (spread,) = pod["spec"]["topologySpreadConstraints"]
    assert budget["spec"]["selector"] == spread["labelSelector"] == deployment["spec"]["selector"]
    assert budget["spec"]["maxUnavailable"] < autoscaler["spec"]["minReplicas"]
    (container,) = pod["spec"]["containers"]
    assert container["ports"] == [{"name": service["spec"]["ports"][0]["targetPort"], "containerPort": 8000}]
    assert "cpu" in container["resources"]["requests"]  # the autoscaler compares with it


def test_the_pod_has_no_rights_that_it_does_not_need(pod: Any) -> None:
    (container,) = pod["spec"]["containers"]
    security = pod["spec"]["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 1000)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod["spec"]["automountServiceAccountToken"]
    assert "memory" in container["resources"]["limits"]


def test_the_probes_ask_existing_routes_and_no_variable_is_unknown(pod: Any) -> None:
    (container,) = pod["spec"]["containers"]
    paths = create_app(Settings(engine="onnx")).openapi()["paths"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] in paths
    caddy = read(ROOT / "deploy" / "compose.caddy.yaml")["services"]["inkling"]["environment"]
    for name in (*caddy, *(variable["name"] for variable in container["env"])):
        assert name.removeprefix("INKLING_").lower() in Settings.model_fields


def test_compose_can_train_with_the_image_that_has_pytorch() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    service = read(ROOT / "deploy" / "compose.train.yaml")["services"]["inkling"]
    assert f" AS {service['build']['target']}\n" in dockerfile
    assert f"CMD {json.dumps(service['command'])}" in dockerfile  # the image's own command is `train`
    assert f"CMD {json.dumps(service['healthcheck']['test'][1:])}" in dockerfile
    assert {name.removeprefix("INKLING_").lower() for name in service["environment"]} <= Settings.model_fields.keys()
    assert service["volumes"] == ["work:/work"]  # the file system is read-only otherwise
    assert int(service["mem_limit"].removesuffix("g")) >= 2


def test_caddy_reads_its_file_and_the_service_trusts_its_address(tmp_path: Path) -> None:
    file = read(ROOT / "deploy" / "compose.caddy.yaml")
    caddy = file["services"]["caddy"]
    trusted = file["services"]["inkling"]["environment"]["INKLING_TRUSTED_PROXIES"]
    assert caddy["networks"]["default"]["ipv4_address"] == trusted
    assert (caddy["read_only"], caddy["cap_drop"], caddy["cap_add"]) == (True, ["ALL"], ["NET_BIND_SERVICE"])
    assert caddy["volumes"][0].startswith("./deploy/Caddyfile:")
    program = shutil.which("caddy")
    assert program is not None, "caddy is not installed: python -m tools.install_programs"
    subprocess.run(
        [program, "validate", "--config", ROOT / "deploy" / "Caddyfile", "--adapter", "caddyfile"],
        env=os.environ | {"INKLING_SITE": "inkling.school.example", "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    )
