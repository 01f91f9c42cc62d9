"""The page of the API: how to send a drawing, a list of all calls, and Swagger UI when the reader asks for it."""

import pytest
from playwright.sync_api import Route, expect

from tests.support.browsers.traffic import Traffic
from tests.support.visitor import COLOURS, PHONE, PROJECTOR, Opener, Visitor, seen

PREDICT = "#operations-drawings-predict"
# What Swagger UI itself does: each call is a link in a button, fields and regions have no names, and some browsers do
# not let the keyboard scroll a long answer.
NAMES = ("label", "landmark-unique", "select-name")
SWAGGER = ("heading-order", "nested-interactive", "scrollable-region-focusable", *NAMES)
# All calls that are closed look like the first ones, so axe, which looks at each for long, need not see the others.
HIDE_CLOSED = """for (const call of [...document.querySelectorAll(".opblock:not(.is-open)")].slice(4)) {
  call.style.display = "none";
}"""
SHOW_ALL = "for (const call of document.querySelectorAll('.opblock')) call.style.display = '';"
ALL = ("get", "post", "put", "delete")  # Swagger UI gives each method colours of its own


def open_page(visitors: Opener, path: str = "/docs", **options: object) -> Visitor:
    visitor = visitors(None, **options).record_requests()
    visitor.expect_in_console("Deprecated: escaping deep link whitespace")  # Swagger UI says so of every underscore
    visitor.page.goto(visitor.url + path)
    return visitor


def swagger_files(visitor: Visitor) -> set[str]:
    return {url for url in visitor.requests if "swagger" in url}


@pytest.fixture(scope="module")
def answered(module_visitors: Opener) -> Visitor:
    """A page on which a call of the list was opened in Swagger UI and sent.

    Tests share it, because loading Swagger UI takes seconds.
    """
    visitor = open_page(module_visitors)
    Traffic(visitor.page).wait_for_end()
    assert swagger_files(visitor) == set(), "Swagger UI is loaded before anyone asks for it"
    visitor.find(".calls a[href$='/predict']").click()
    visitor.find(f"{PREDICT} .execute").click()
    expect(visitor.find(f"{PREDICT} .live-responses-table")).to_be_visible()
    return visitor


def test_a_call_of_the_list_opens_in_swagger_ui_and_can_be_sent(answered: Visitor, live_server: str) -> None:
    expect(answered.find(f"{PREDICT} .opblock-body")).to_be_visible()
    expect(answered.find("#overview")).to_be_hidden()
    assert len(swagger_files(answered)) == 2
    expect(answered.find(f"{PREDICT} .live-responses-table .response-col_status")).to_have_text(["Code", "200"])
    assert {url for url in answered.requests if not url.startswith((live_server, "data:", "blob:"))} == set()
    assert answered.run("probe.violations") == []


def test_an_address_of_swagger_ui_opens_its_call(visitors: Opener) -> None:
    visitor = open_page(visitors, "/docs#/the%20network/model_model_get")
    expect(visitor.find("#operations-the_network-model_model_get .opblock-body")).to_be_visible()
    expect(visitor.find(".opblock-body")).to_have_count(1)


def test_calls_can_be_sent_with_the_administrators_token(visitors: Opener) -> None:
    visitor = open_page(visitors, "/docs#/the%20network/serve_first_weights_served_delete")
    visitor.find(".btn.authorize").click()
    visitor.find(".auth-container input").fill("correct horse battery")
    visitor.find(".auth-btn-wrapper .authorize").click()
    visitor.find(".auth-btn-wrapper .btn-done").click()
    visitor.find(".opblock.is-open .execute").click()
    expect(visitor.find(".opblock.is-open .curl-command")).to_contain_text("Bearer correct horse battery")


def test_every_call_of_the_list_has_the_address_that_swagger_ui_gives_it(answered: Visitor) -> None:
    listed = seen(answered.find(".calls")).evaluate_all(
        "(lists) => lists.flatMap((list) => [...list.children].map(({ id }) => id))"
    )
    addresses = seen(answered.find(".opblock .opblock-summary-path a")).evaluate_all(
        "(links) => links.map((link) => link.hash.slice(1))"
    )
    assert addresses == listed


def test_if_swagger_ui_does_not_load_the_page_says_so_and_the_list_stays_until_it_loads(visitors: Opener) -> None:
    """Then the way back leads to the list and on to other calls."""
    visitor = open_page(visitors)
    visitor.expect_in_console("Failed to load resource")

    def fail(route: Route) -> None:
        route.abort()

    visitor.page.route("**/swagger-ui-bundle.js", fail)
    visitor.find(".onwards a").click()
    expect(visitor.find("#failed")).to_be_visible()
    expect(visitor.find("#calls")).to_be_visible()
    visitor.page.unroute("**/swagger-ui-bundle.js", fail)
    visitor.find(".onwards a").click()
    expect(visitor.find("#reference h1")).to_be_focused()
    expect(visitor.find(f"{PREDICT} .opblock-body")).to_be_visible()
    expect(visitor.find("#failed")).to_be_hidden()
    visitor.find("#reference a[href='#calls']").click()
    expect(visitor.find("#reference")).to_be_hidden()
    expect(visitor.find("#calls")).to_be_focused()
    expect(visitor.find("#calls")).to_be_in_viewport()
    visitor.find(".calls a[href$='/feature_maps']").click()
    expect(visitor.find("#operations-drawings-feature_maps .opblock-body")).to_be_visible()
    expect(visitor.find(".swagger-ui")).to_have_count(1)
    assert len(swagger_files(visitor)) == 2


def test_the_commands_name_the_address_of_the_page_even_if_a_proxy_hides_it_from_the_service(
    visitors: Opener, live_server: str
) -> None:
    visitor = visitors(None)

    def as_if_behind_a_proxy(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace(f">{live_server}/<", ">http://hidden.example/<"))

    visitor.page.route("**/docs", as_if_behind_a_proxy)
    visitor.page.goto(f"{live_server}/docs")
    expect(visitor.find(".start")).to_contain_text(f"curl {live_server}/predict")
    expect(visitor.find(".start")).not_to_contain_text("hidden.example")


def test_without_javascript_the_commands_and_the_list_are_there(visitors: Opener) -> None:
    visitor = open_page(visitors, java_script_enabled=False)
    expect(visitor.find("pre").first).to_contain_text("curl http")
    expect(visitor.find(".calls li").nth(30)).to_be_visible()
    expect(visitor.find(".onwards")).to_be_hidden()
    expect(visitor.find("noscript a")).to_be_visible()


def test_axe_finds_only_what_swagger_ui_itself_does(answered: Visitor) -> None:
    answered.change_screen("light", PROJECTOR)
    for method in ALL:
        call = answered.find(f".opblock-{method}:not(.is-open) .opblock-summary-control").first
        call.click()
    expect(answered.find(".opblock-body")).to_have_count(1 + len(ALL))
    answered.run(HIDE_CLOSED)
    assert [each for each in answered.violations() if not each.startswith(SWAGGER)] == []
    answered.change_screen("dark")
    assert answered.violations(rules=COLOURS) == []
    answered.run(SHOW_ALL)


def test_axe_finds_nothing_in_the_overview(visitors: Opener) -> None:
    visitor = open_page(visitors)
    assert visitor.violations() == []
    assert visitor.change_screen("dark").violations(rules=COLOURS) == []


def test_on_a_phone_an_answer_is_not_wider_than_the_window(answered: Visitor) -> None:
    answered.change_screen("light", PHONE)
    assert seen(answered.find("html")).evaluate("(page) => page.scrollWidth") == PHONE["width"]
