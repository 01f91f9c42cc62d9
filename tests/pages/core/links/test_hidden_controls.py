"""A link can hide controls."""

import re

from tests.support.visitor import Visitor


def test_a_link_hides_what_it_names_and_nothing_else(js: Visitor) -> None:
    script = "return a.map(m.hiddenControls)"
    assert js.module(
        "core/links/hidden-controls",
        script,
        ["?hide=samples,pen", "?hide=code&hide=link,code", "", "?show=pen", "?hide=", "?hide=constructor,<b>,Pen,%"],
    ) == [["pen", "samples"], ["code", "link"], [], [], [], []]


def test_every_control_that_can_be_hidden_is_described(js: Visitor) -> None:
    hideable = js.module("core/links/hidden-controls", "return m.HIDEABLE")
    names = "tools pen samples upload prepare stages scale views code link follow work weights experiments"
    assert list(hideable) == names.split()
    assert all(re.fullmatch(r"[A-Z].*\.", sentence) for sentence in hideable.values())
