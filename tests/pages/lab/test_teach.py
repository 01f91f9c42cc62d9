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


def test_the_programs_print_how_many_digits_are_read_wrong(js: Visitor, tmp_path: Path) -> None:
    drawings = [{"label": 4, "strokes": [[[0, 0], [100 + i, 100]], [[100, 0], [0, 100]]], "pen": 10} for i in range(3)]
    body = {"drawings": drawings, "weights": "lesson", "learning_rate": 0.05, "steps": 50}
    programs = js.module("core/lab/programs", "return m.teachPrograms({ origin: a[0], body: a[1] })", [js.url, body])
    results = {kind: int(printed(text, tmp_path, shell=kind == "curl")) for kind, text in programs.items()}
    assert results["numpy"] == results["curl"]
    assert abs(results["torch"] - results["numpy"]) <= 1  # a digit on the border between two may go either way
