"""The table of problem types."""

import re

from app.http.problem_types import PROBLEMS, listed
from app.limits import MAX_BODY
from app.settings import ROOT


def test_words_are_listed_as_in_english() -> None:
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert listed(["a", "b"], "and") == "a and b"
    assert listed(["a"], "and") == "a"


def test_every_type_has_a_title_and_a_meaning_of_one_or_two_sentences() -> None:
    for kind in PROBLEMS.values():
        assert re.fullmatch(r"[A-Z][^.]*", kind.title), kind.slug
        assert re.fullmatch(r"[A-Za-z].*\.", kind.meaning), kind.slug
        assert 400 <= kind.status < 600


def test_meanings_quote_the_limits_that_apply() -> None:
    assert f"{MAX_BODY:,} bytes" in PROBLEMS["body-too-large"].meaning
    assert "1 MiB" in PROBLEMS["body-too-large"].meaning
    assert "16 megapixels" in PROBLEMS["picture-too-large"].meaning
    assert "20,000 points in at most 1,000 strokes" in PROBLEMS["too-many-points"].meaning
    assert "0.000001 to 10" in PROBLEMS["invalid-step"].meaning


def test_every_slug_that_the_service_uses_exists() -> None:
    used = {
        slug
        for path in (ROOT / "app").rglob("*.py")
        for slug in re.findall(r'(?:Problem|service_unavailable)\("([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert used <= set(PROBLEMS)
    assert len(used) > 15
