"""Gradio with ONNX Runtime: a page with an image and a label, and the API that Gradio makes for it."""

import argparse

import gradio as gr
from PIL import Image

from benchmarks.peers.servers.network import Network, normalise

network = Network()


def predict(image: Image.Image) -> dict[str, float]:
    """The probabilities of the ten digits, as Gradio's label wants them."""
    return {str(digit): float(value) for digit, value in enumerate(network(normalise(image)[None])[0])}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    page = gr.Interface(predict, gr.Image(type="pil", image_mode="L"), gr.Label(), api_name="predict")
    # Without a limit, all requests that wait are computed at once in Gradio's threads, as its guide for speed advises.
    page.queue(default_concurrency_limit=None)
    page.launch(server_name="127.0.0.1", server_port=parser.parse_args().port, quiet=True, share=False)
