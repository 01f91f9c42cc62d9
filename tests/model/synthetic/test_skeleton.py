"""The arcs from which the skeletons of digits are built."""

import numpy as np

from model.synthetic.skeleton import arc


def test_an_arc_with_increasing_angles_runs_clockwise_and_its_radius_grows() -> None:
    points = arc(1.0, 2.0, 3.0, 4.0, 0, 90, swell=2.0)
    np.testing.assert_allclose(points[0], (4.0, 2.0))
    np.testing.assert_allclose(points[-1], (1.0, 10.0), atol=1e-9)
    assert len(points) == 3
