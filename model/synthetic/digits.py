"""The styles of all digits from 0 to 9: different ways to write them."""

from model.synthetic.digits_0_and_1 import STYLES_0_AND_1
from model.synthetic.digits_2_to_4 import STYLES_2_TO_4
from model.synthetic.digits_5_to_9 import STYLES_5_TO_9

STYLES = STYLES_0_AND_1 + STYLES_2_TO_4 + STYLES_5_TO_9  # STYLES[d] contains the styles of the digit d
