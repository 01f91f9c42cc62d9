"""The processes that torchrun starts: how they find each other, and what the processes other than process 0 do."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

from model.training.parallel.messages import receive
from model.training.parallel.trainer import ParallelTrainer
from model.training.run import deterministic
from model.training.trainer import TrainingError, lay_out

PATIENCE = timedelta(hours=2)  # how long a process waits for the others, for example while process 0 downloads MNIST


@contextmanager
def process_group(device: str) -> Iterator[int]:
    """Connect the processes of torchrun, and give the number of this process, 0 to N − 1.

    On GPUs, each process uses one of its own, and NCCL exchanges the gradients; on CPUs, Gloo does. Raises
    TrainingError if there are more processes than GPUs.
    """
    if device == "cuda":
        number, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if number >= gpus:
            raise TrainingError(f"Each process needs a GPU, and PyTorch finds {gpus}. Use --nproc-per-node={gpus}.")
        torch.cuda.set_device(number)
    distributed.init_process_group("cpu:gloo,cuda:nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield distributed.get_rank()
        distributed.barrier()  # no process leaves while another one still needs it
    finally:
        distributed.destroy_process_group()


def follow(device: str) -> None:
    """Train together with process 0 until it says that the training is complete. Writes nothing."""
    trainer: ParallelTrainer | None = None
    with deterministic(device):
        while (received := receive(device)) is not None:
            message, images, labels = received
            if trainer is None:
                trainer = ParallelTrainer(message.recipe, message.seed, device, message.epochs)
            if message.state is not None:
                trainer.load_state(torch.load(io.BytesIO(message.state), map_location=device))
            for _ in trainer.epoch(lay_out(images, device), labels, message.number):
                pass
