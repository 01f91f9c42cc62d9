"""The metrics for Prometheus."""

from fastapi.testclient import TestClient

from app.http.metrics import Metrics
from model import checkpoint

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


def lines(metrics: Metrics) -> list[str]:
    return metrics.exposition().decode().splitlines()


def test_requests_are_counted_by_route_and_status_with_their_duration() -> None:
    metrics = Metrics()
    for seconds in (0.003, 0.004, 30.0):
        metrics.count_request("/predict", 200, seconds)
    metrics.count_request("/predict", 422, 0.001)
    text = lines(metrics)
    assert 'inkling_request_seconds_count{route="/predict",status="200"} 3.0' in text
    assert 'inkling_request_seconds_count{route="/predict",status="422"} 1.0' in text
    assert 'inkling_request_seconds_bucket{le="0.005",route="/predict",status="200"} 2.0' in text
    assert 'inkling_request_seconds_bucket{le="5.0",route="/predict",status="200"} 2.0' in text
    assert 'inkling_request_seconds_bucket{le="+Inf",route="/predict",status="200"} 3.0' in text


def test_batches_are_counted_by_size() -> None:
    metrics = Metrics()
    for size in (1, 3, 16):
        metrics.count_batch(size)
    text = lines(metrics)
    assert 'inkling_batch_size_bucket{le="1.0"} 1.0' in text
    assert 'inkling_batch_size_bucket{le="4.0"} 2.0' in text
    assert "inkling_batch_size_sum 20.0" in text


def test_every_application_has_its_own_metrics() -> None:
    first, second = Metrics(), Metrics()
    first.count_batch(1)
    first.set_model("robust-12345678", "onnx")
    assert "inkling_batch_size_count 0.0" in lines(second)
    assert 'inkling_model{engine="onnx",model="robust-12345678"} 1.0' in lines(first)


def test_the_service_counts_requests_durations_and_batches(client: TestClient) -> None:
    client.post("/predict", json={"strokes": SEVEN})
    client.post("/predict", content=b"{", headers={"Content-Type": "application/json"})
    client.get("/no/such/page")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'inkling_request_seconds_count{route="/predict",status="200"}' in response.text
    assert 'inkling_request_seconds_count{route="/predict",status="400"}' in response.text
    assert 'route="other",status="404"' in response.text
    assert "/no/such/page" not in response.text
    assert "inkling_batch_size_count" in response.text
    assert f'inkling_model{{engine="onnx",model="{checkpoint.read(checkpoint.SHIPPED).model}"}} 1.0' in response.text


def test_routes_are_counted_under_their_template(client: TestClient) -> None:
    for path in ("/static/favicon.svg", "/static/js/main.js", "/problems/one-input", "/problems/too-slow"):
        assert client.get(path).status_code == 200
    text = client.get("/metrics").text
    assert 'inkling_request_seconds_count{route="/static/",status="200"} 2.0' in text
    assert 'inkling_request_seconds_count{route="/problems/{slug}",status="200"} 2.0' in text
    assert "favicon" not in text
