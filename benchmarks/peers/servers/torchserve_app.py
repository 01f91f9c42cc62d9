"""TorchServe with torch: a model archive with this module as its handler, and the configuration for it.

TorchServe imports this module in its workers. As a command, it archives the model and then becomes TorchServe.
"""

import argparse
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from ts.torch_handler.base_handler import BaseHandler

from benchmarks.peers.servers import BATCH, BATCH_SECONDS
from benchmarks.peers.servers.torch_network import Net
from model.layers import MEAN, STD

# Without this, TorchServe writes several lines to its logs for each request.
_LOGGING = """\
<Configuration>
  <Appenders><Console name="console"/></Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="console"/></Root></Loggers>
</Configuration>
"""


class Digits(BaseHandler):  # type: ignore[misc]
    """Predicts the digits of a batch of requests, one image each."""

    def initialize(self, context: Any) -> None:
        """Load the network."""
        folder = Path(context.system_properties["model_dir"])
        self.context = context
        self.manifest = context.manifest
        self.model = Net()
        self.model.load_state_dict(torch.load(folder / "mnist_cnn.pth", weights_only=True))
        self.model.eval()
        torch.set_num_threads(1)
        self.device = torch.device("cpu")
        self.initialized = True

    def preprocess(self, requests: list[dict[str, Any]]) -> torch.Tensor:
        """The images of the requests' bodies as N×1×28×28."""
        images = [np.array(Image.open(io.BytesIO(each["body"])).convert("L"), np.float32) for each in requests]
        return (torch.from_numpy(np.stack(images))[:, None] / 255 - MEAN) / STD

    def postprocess(self, logits: torch.Tensor) -> list[dict[str, Any]]:
        """One answer per request."""
        for index in range(len(logits)):
            self.context.set_response_content_type(index, "application/json")
        probabilities = logits.softmax(dim=1)
        return [{"digit": int(each.argmax()), "probabilities": each.tolist()} for each in probabilities]


def _configure(ports: list[int], store: Path) -> Path:
    """Write TorchServe's configuration: one worker, batches, and addresses of this machine only."""
    model = {
        "digits": {
            "1.0": {
                "defaultVersion": True,
                "marName": "digits.mar",
                "minWorkers": 1,
                "maxWorkers": 1,
                "batchSize": BATCH,
                "maxBatchDelay": round(1000 * BATCH_SECONDS),
            }
        }
    }
    names = ("inference_address", "management_address", "metrics_address")
    lines = [f"{name}=http://127.0.0.1:{port}" for name, port in zip(names, ports, strict=False)]
    lines += [f"grpc_inference_port={ports[3]}", f"grpc_management_port={ports[4]}"]
    lines += ["grpc_inference_address=127.0.0.1", "grpc_management_address=127.0.0.1"]
    lines += [f"model_store={store}", "load_models=digits.mar", f"models={json.dumps(model)}"]
    lines += ["disable_system_metrics=true", "default_workers_per_model=1"]
    path = store / "config.properties"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", type=int, nargs=5)
    options = parser.parse_args()
    store = Path.cwd() / "store"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    programs = Path(sys.executable).parent
    weights = Path(os.environ["PEERS_MODEL"]) / "mnist_cnn.pth"
    archive = [str(programs / "torch-model-archiver"), "--model-name", "digits", "--version", "1.0"]
    archive += ["--serialized-file", str(weights), "--handler", __file__, "--export-path", str(store)]
    if os.spawnv(os.P_WAIT, archive[0], archive):
        sys.exit("the model could not be archived")
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    logging = store / "log4j2.xml"
    logging.write_text(_LOGGING, encoding="utf-8")
    serve = [str(programs / "torchserve"), "--start", "--foreground", "--ncs", "--disable-token-auth"]
    serve += ["--log-config", str(logging)]
    serve += ["--model-store", str(store), "--ts-config", str(_configure(options.ports, store))]
    os.execv(serve[0], serve)
