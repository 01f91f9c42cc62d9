"""Flask with ONNX Runtime, for gunicorn. The model is loaded before gunicorn forks its workers (`--preload`)."""

from flask import Flask, Response, jsonify, request

from benchmarks.peers.servers.network import Network, answer, read_image

app = Flask(__name__)
network = Network()


@app.post("/predict")  # type: ignore[untyped-decorator]
def predict() -> Response:
    """Predict the digit in the image of the request body."""
    return jsonify(answer(network(read_image(request.get_data())[None])[0]))
