"""Runs a small Ray cluster with Inkling on this machine.

The nodes are processes that listen on 127.0.0.1. Ray runs in a process of its own, because it changes the process that
uses it: it sets signal handlers, writes to stderr and starts threads.
"""

import os
import secrets
import socket
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from typing import Any, Self

import psutil

HOST = "127.0.0.1"
START_SECONDS = 180.0  # the longest wait for an answer; three nodes take a minute on two busy cores
_MEMORY = 80_000_000  # bytes of each node's object store, which Serve hardly uses; the minimum that Ray allows is 75 MB
_REPLICA = "ray::ServeReplica"  # how Ray names the processes of replicas
_RAYLET = "raylet"  # the process of a node; the replicas of the node are its children
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # report nothing to Ray's developers
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # nodes listen on 127.0.0.1, as Ray does on Windows and macOS
    "RAY_enable_worker_prestart": "0",  # start no processes before they are needed
    "RAY_prestart_worker_first_driver": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # A proxy sends requests to replicas on its own node if there are any. Here, one proxy serves all nodes.
    "RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING": "0",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """How to deploy Inkling: either a number of replicas, or the limits and the delays of autoscaling.

    replicas     their number
    autoscaling  fields of ray.serve.config.AutoscalingConfig that differ from those of app/cluster.py
    variables    environment variables of the replicas
    """

    replicas: int | None = 1
    autoscaling: Mapping[str, float] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


class LocalCluster:
    """A cluster of `nodes` nodes, each with `cpus` CPUs that Ray may use, whatever the machine has.

    `push_seconds` is the interval at which Serve reports the number of requests to its autoscaler. `url` is the address
    of the proxy on the first node.
    """

    def __init__(self, nodes: int = 1, cpus: int = 4, push_seconds: float = 10.0) -> None:
        self.port = _free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._folder = TemporaryDirectory(prefix="ray-")
        environment = _ENVIRONMENT | {
            # Otherwise all clusters of this machine write and delete the same file with the address of the newest one.
            "RAY_TMPDIR": self._folder.name,
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": str(push_seconds),
            "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": str(push_seconds),
        }
        self._connection, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=_control, args=(theirs, environment))
        self._process.start()
        theirs.close()
        try:
            self._call("start", self.port, nodes, cpus)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def deploy(self, deployment: Deployment) -> None:
        """Deploy Inkling, or update it. Returns when the application runs; old replicas may still be stopping."""
        self._call("deploy", deployment)

    def states(self) -> dict[str, int]:
        """How many replicas are in each state of Serve, such as RUNNING."""
        states: dict[str, int] = self._call("states")
        return states

    def remove_node(self, index: int) -> None:
        """End all processes of a node at once. Node 0, which runs the controller, must stay."""
        self._call("remove_node", index)

    def replicas(self) -> list[list[int]]:
        """The process ids of the replicas of each node."""
        raylets = [process for process in self._processes() if _is_named(process, _RAYLET)]
        raylets.sort(key=lambda process: process.create_time())
        return [[child.pid for child in raylet.children() if _is_named(child, _REPLICA)] for raylet in raylets]

    def cpu_seconds(self) -> dict[str, float]:
        """The processor time that the replicas, the proxies and all other processes have used, in seconds."""
        used = {"replicas": 0.0, "proxies": 0.0, "others": 0.0}
        for process in self._processes():
            name = "replicas" if _is_named(process, _REPLICA) else "others"
            name = "proxies" if _is_named(process, "ray::ProxyActor") else name
            times = process.cpu_times()
            used[name] += times.user + times.system
        return used

    def metrics_urls(self) -> list[str]:
        """The addresses at which each node publishes the metrics of its processes for Prometheus."""
        ports: list[int] = self._call("metrics_ports")
        return [f"http://{HOST}:{port}/metrics" for port in ports]

    def stop(self) -> None:
        """Stop all processes of the cluster."""
        started = self._processes()
        self._connection.close()
        self._process.join(30)
        self._process.kill()
        for process in started:  # if the cluster did not stop by itself
            if process.is_running():
                process.kill()
        self._process.join()
        psutil.wait_procs(started, 10)
        self._folder.cleanup()

    def _processes(self) -> list[psutil.Process]:
        assert self._process.pid is not None
        try:
            found: list[psutil.Process] = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return found

    def _call(self, name: str, *arguments: Any) -> Any:
        self._connection.send((name, arguments))
        if not self._connection.poll(START_SECONDS):
            raise TimeoutError(f"the cluster did not answer {name} within {START_SECONDS:.0f} s")
        succeeded, value = self._connection.recv()
        if not succeeded:
            raise RuntimeError(f"{name} failed in the cluster:\n{value}")
        return value


class _Nodes:
    """Controls the cluster. It lives in the process that uses Ray."""

    def start(self, port: int, nodes: int, cpus: int) -> None:
        import ray
        from ray import serve
        from ray.cluster_utils import Cluster

        options: dict[str, Any] = {
            "num_cpus": cpus,
            "object_store_memory": _MEMORY,
            "include_dashboard": False,
            "include_log_monitor": False,
        }
        self.cluster = Cluster()
        self.nodes = [self.cluster.add_node(**options) for _ in range(nodes)]
        ray.init(address=self.cluster.address, log_to_driver=False, configure_logging=False)
        serve.start(proxy_location="HeadOnly", http_options={"host": HOST, "port": port, "request_timeout_s": 30})

    def deploy(self, deployment: Deployment) -> None:
        from ray import serve

        from app.cluster import AUTOSCALING
        from app.cluster import deployment as inkling

        actor = dict(inkling.ray_actor_options or {})
        variables = {**actor["runtime_env"]["env_vars"], **deployment.variables}
        actor["runtime_env"] = {"env_vars": variables}
        options: dict[str, Any] = {"ray_actor_options": actor}
        if deployment.replicas is None:
            options["autoscaling_config"] = AUTOSCALING | dict(deployment.autoscaling)
        else:
            options["num_replicas"] = deployment.replicas
            options["autoscaling_config"] = None
        serve.run(inkling.options(**options).bind())

    def states(self) -> dict[str, int]:
        from ray import serve

        application = serve.status().applications["default"]
        return {str(state): count for state, count in application.deployments["Inkling"].replica_states.items()}

    def remove_node(self, index: int) -> None:
        self.cluster.remove_node(self.nodes[index], allow_graceful=False)

    def metrics_ports(self) -> list[int]:
        import ray

        return [node["MetricsExportPort"] for node in ray.nodes() if node["Alive"]]

    def stop(self) -> None:
        import ray
        from ray import serve

        serve.shutdown()
        ray.shutdown()
        self.cluster.shutdown()


def _control(connection: Connection, environment: Mapping[str, str]) -> None:
    """Carry out the commands of the other process, until it closes the connection or ends."""
    os.environ.update(environment)
    nodes = _Nodes()
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            break
        try:
            connection.send((True, getattr(nodes, name)(*arguments)))
        except Exception:
            connection.send((False, traceback.format_exc()))
    nodes.stop()


def _is_named(process: psutil.Process, name: str) -> bool:
    try:
        first = process.cmdline()[:1]
    except psutil.NoSuchProcess:
        return False
    return bool(first) and (first[0].startswith(name) or first[0].endswith(f"/{name}"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
