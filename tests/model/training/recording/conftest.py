"""Makes the fixtures of `training_runs` available to the tests in this folder."""

from tests.support.training_runs import few as few
