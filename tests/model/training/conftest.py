"""Makes the short training runs available to the tests of this folder."""

from tests.training_runs import few as few
from tests.training_runs import whole_run as whole_run
