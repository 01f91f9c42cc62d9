"""Health checks."""

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


def test_the_service_is_alive_at_once_and_ready_after_the_first_prediction() -> None:
    app = create_app(Settings(engine="onnx"))
    cold = TestClient(app)
    assert cold.get("/livez").json() == {"status": "ok"}
    answer = cold.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "/problems/not-ready"
    assert cold.post("/predict", json={"strokes": SEVEN}).status_code == 503
    assert cold.get("/model").status_code == 503
    with TestClient(app) as client:
        client.get("/livez")
        assert client.get("/readyz").json() == {"status": "ok"}
