""" "Teach it": collecting drawings, the guess, and what is learnt and forgotten."""

import re
from pathlib import Path

from playwright.sync_api import expect

from model.weight_files.safetensors_file import load
from tests.pages.lab.conftest import OpenLab
from tests.support.lesson_programs import printed
from tests.support.visitor import Visitor

CROSS = [[(60, 60), (220, 220)], [(220, 60), (60, 220)]]
PART = '#teach [data-part="{}"]'


def test_a_cross_is_taught_as_a_4(lab: OpenLab) -> None:
    visitor = lab("teach", "teach.rate=0.05")
    visitor.clear()
    for count in range(3):
        for stroke in CROSS:
            visitor.draw(stroke)
        visitor.press(PART.format("add"))
        expect(visitor.find("#teach .collection figure")).to_have_count(count + 1)
    expect(visitor.find("#teach .held-out")).to_have_count(1)
    visitor.find(PART.format("guess")).fill("100")
    visitor.press("#teach .guess .act")
    expect(visitor.find('#teach[data-settled="true"]')).to_be_visible()
    expect(visitor.find(PART.format("learnt"))).to_contain_text(
        "Of 1 held-out drawing, the network read 0 correctly before"
    )
    expect(visitor.find(PART.format("learnt"))).to_contain_text("reads 1 now")
    expect(visitor.find(PART.format("forgotten"))).to_contain_text(re.compile(r"You guessed 100: \d+(\.\d)? too many"))
    expect(visitor.find(PART.format("moved") + " tr")).to_have_count(6)
    with visitor.page.expect_download() as download:
        visitor.press(PART.format("download"))
    tensors, metadata = load(download.value.path().read_bytes())
    assert "taught" in metadata
    assert len(tensors) == 8
    visitor.press(PART.format("clear"))
    expect(visitor.find("#teach .collection figure")).to_have_count(0)
    visitor.press(PART.format("undo"))
    expect(visitor.find("#teach .collection figure")).to_have_count(3)
    # A link holds the drawings, the settings and the guess; all layers can learn, too.
    last_layer = visitor.seen(PART.format("forgotten")).inner_text()
    visitor.find('#teach [value="all"]').check(force=True)
    expect(visitor.find(PART.format("forgotten"))).not_to_have_text(last_layer)
    expect(visitor.find('#teach[data-settled="true"]')).to_be_visible()
    expect(visitor.find(PART.format("learnt"))).to_contain_text("reads 1 now")
    learnt, moved = (visitor.seen(PART.format(name)).inner_text() for name in ("forgotten", "moved"))
    link = re.compile(r"#e=teach&.*teach\.layers=all&teach\.guess=100&teach\.drawings=4ink\.[^&]*(~|%7E)4ink")
    expect(visitor.page).to_have_url(link)
    visitor.page.reload()
    expect(visitor.find(PART.format("forgotten"))).to_have_text(learnt)
    expect(visitor.find(PART.format("moved"))).to_have_text(moved, use_inner_text=True)
    # The button gives the weights to every page.
    visitor.press(PART.format("try"))
    visitor.find('#answer[data-settled="true"]').wait_for(state="attached")
    assert "weights=" in visitor.feature_map_requests()[-1]["url"]
    assert "taught" in visitor.seen("#weights option:checked").inner_text()


def test_a_link_says_how_many_drawings_it_has_no_room_for(js: Visitor) -> None:
    script = """const stroke = Array.from({ length: 1200 }, (_, i) => [(7 * i * i) % 280, (11 * i) % 280]);
const list = Array.from({ length: 12 }, (_, i) => ({ label: i % 10, strokes: [stroke], pen: 18 }));
const { text, left } = m.drawingsToText(list);
const labels = (text) => m.textToDrawings(text).map(({ label }) => label);
return [text.length, left, labels(text), labels(`7ink.x~oops~${text.split("~")[0]}`)];"""
    length, left, labels, damaged = js.module("lab/teach/link", script)
    assert length <= 16_000
    assert 0 < left < 12
    assert labels == [i % 10 for i in range(12 - left)]
    assert damaged == [0]


def test_the_programs_print_how_many_digits_are_read_wrong(js: Visitor, tmp_path: Path) -> None:
    drawings = [{"label": 4, "strokes": [[[0, 0], [100 + i, 100]], [[100, 0], [0, 100]]], "pen": 10} for i in range(3)]
    body = {"drawings": drawings, "weights": "lesson", "learning_rate": 0.05, "steps": 50}
    programs = js.module("core/lab/programs", "return m.teachPrograms({ origin: a[0], body: a[1] })", [js.url, body])
    results = {kind: int(printed(text, tmp_path, shell=kind == "curl")) for kind, text in programs.items()}
    assert results["numpy"] == results["curl"]
    # A digit on the border between two classes may be read as either.
    assert abs(results["torch"] - results["numpy"]) <= 1
