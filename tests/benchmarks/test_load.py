"""The cases of the load benchmark."""

import pytest

from benchmarks import client, load
from tests.benchmarks.parrot import answering, response


def test_a_response_with_wrong_content_is_an_error() -> None:
    case = load.cases()[0]
    answer = response(body=b'{"digit": 4, "probabilities": [1.0]}')
    with answering(answer) as port, pytest.raises(client.LoadError, match="the response is wrong"):
        load.verify(port, case)
