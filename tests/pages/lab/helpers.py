"""Checks that the tests of several experiments share."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.visitor import PHONE, Visitor, seen

NAMES = "(buttons) => buttons.map((button) => button.ariaLabel || button.innerText)"


def check_accessibility(visitor: Visitor, experiment: str, part: str = "") -> None:
    """Fail if an experiment has violations of accessibility rules, or does not fit on a phone. Shows its result.

    With axe-core, only a part of the page is checked, usually the experiment. The window becomes that of a phone.
    """
    part = part or f"#{experiment}"
    assert _names_of_several_buttons(visitor) == []
    for reveal in visitor.seen(f"#{experiment} :is([data-part=show], [data-reveal])").all():
        if seen(reveal).is_visible():
            reveal.click()
    expect(visitor.painted().find(f'#{experiment}[data-settled="true"]')).to_be_visible()
    assert _names_of_several_buttons(visitor) == []
    assert visitor.violations(part) == []
    visitor.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert visitor.run("document.documentElement.scrollWidth") <= PHONE["width"]
    # On a phone, the colours and the names are the same, but more parts scroll.
    assert visitor.violations(part, rules=["scrollable-region-focusable"]) == []


def _names_of_several_buttons(visitor: Visitor) -> list[str]:
    names: list[str] = seen(visitor.page.get_by_role("button")).evaluate_all(NAMES)
    assert len(names) > 10
    return [name for name in set(names) if names.count(name) > 1]


def check_guess(
    visitor: Visitor, experiment: str, change: Callable[[], object], earlier: str, *, part: str = ""
) -> None:
    """Fail if a guess, which the experiment shows, is not about the settings that it was made for.

    `change` changes the settings, and `earlier` is what the page says about the guess when a part of the experiment is
    settled, usually all of it.
    """
    says = visitor.find(f'#{experiment} [data-part="guessed"]')
    expect(says).to_contain_text("You guessed")
    verdict = seen(says).inner_text()
    assert "other" not in verdict.partition("You guessed")[2].partition(".")[0]
    change()
    expect(visitor.painted().find(f"#{experiment}{part}[data-settled=true]")).to_be_visible()
    expect(says).to_contain_text(earlier)
    expect(says).not_to_contain_text(re.compile("too (high|low|late|early)|That is right"))
    # In a link, it would look like a new guess.
    expect(visitor.page).to_have_url(re.compile(rf"{experiment}\.guess=shown"))
    visitor.press(f'#{experiment} [data-part="ask-again"]')
    expect(visitor.find(f'#{experiment} [data-part="guess-form"]')).to_be_visible()


def check_blank(visitor: Visitor, experiment: str, part: str) -> None:
    """Fail if the experiment, which shows a part, does not ask for a drawing instead while nothing is drawn."""
    shown = visitor.find(f'#{experiment} [data-part="{part}"]')
    asks = visitor.find(f"#{experiment} .when-blank")
    expect(shown).to_be_visible()
    visitor.clear()
    expect(shown).to_be_hidden()
    expect(asks).to_be_visible()
    expect(visitor.find(f'#{experiment}[data-settled="true"]')).to_be_visible()
    visitor.draw([(140, 40), (140, 240)])
    expect(shown).to_be_visible()
    expect(asks).to_be_hidden()
