"""Loading the weights for the page's calculations."""

from tests.support.visitor import Visitor


def test_loading_weights_that_the_service_no_longer_has_fails(service_js: Visitor) -> None:
    service_js.expect_in_console("404")
    said = service_js.module(
        "service/weights", f"return m.loadWeights('{'0' * 64}').then(() => '', (error) => error.message)"
    )
    assert said == "The weights did not load: status 404."
