"""Tests of the load cases."""

import pytest

from benchmarks import client, load
from tests.benchmarks.parrot import answering, response


def test_a_response_of_the_right_type_with_wrong_content_is_noticed() -> None:
    case = load.cases()[0]
    answer = response(body=b'{"digit": 4, "probabilities": [1.0]}')
    with answering(answer) as port, pytest.raises(client.LoadError, match="the response is wrong"):
        load.verify(port, case)
