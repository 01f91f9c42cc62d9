"""In narrow windows, the pad is a sheet at the lower edge of the window, in the lesson and in the lab."""

import pytest
from playwright.sync_api import expect

from tests.support.visitor import PHONE, Opener

# At the end of the page, its last part is above the sheet. Sections may still grow when they come into the window.
END_IS_SEEN = """(last) => {
  window.scrollTo(0, document.documentElement.scrollHeight);
  const [end, sheet] = [last, "#yours"].map((part) => document.querySelector(part).getBoundingClientRect());
  return end.bottom <= sheet.top;
}"""


@pytest.mark.parametrize(("path", "last"), [("/lesson", "#mistakes .onwards"), ("/lab#e=break", "#break .lab-code")])
def test_the_button_opens_and_closes_the_sheet_above_which_the_end_of_the_page_can_scroll(
    visitors: Opener, path: str, last: str
) -> None:
    visitor = visitors(path, settled="#yours", viewport=PHONE)
    pad, button = visitor.find("#pad"), visitor.find("#open-pad")
    for text, is_open in (("Draw", False), ("Done", True), ("Draw", False)):
        expect(button).to_have_text(text)
        expect(button).to_have_attribute("aria-expanded", str(is_open).lower())
        expect(pad).to_be_visible(visible=is_open)
        visitor.page.wait_for_function(END_IS_SEEN, arg=last)
        visitor.press("#open-pad")
