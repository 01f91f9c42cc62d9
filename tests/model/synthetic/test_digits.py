"""The table of styles for each digit."""

from model.synthetic.digits import STYLES


def test_the_styles_of_a_digit_have_unique_names_and_positive_shares() -> None:
    assert len(STYLES) == 10
    for styles in STYLES:
        assert len({style.name for style in styles}) == len(styles)
        assert min(style.share for style in styles) > 0
