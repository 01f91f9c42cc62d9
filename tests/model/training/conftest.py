"""Makes the fixtures of `training_runs` available to the tests in this folder."""

from tests.training_runs import few as few
from tests.training_runs import whole_run as whole_run
