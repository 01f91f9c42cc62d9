"""The facts of the lesson on which Inkling is built: numbers, formulas and letters, compared with the pages."""

import re

import pytest
from playwright.sync_api import expect

from app.settings import EXAMPLES
from model.training import recipes
from tests.pages.explorer.walk.helpers import pin
from tests.support.lesson_page import Matrix, answer, matrix
from tests.support.lesson_programs import program
from tests.support.visitor import Opener, Visitor, seen

SOBEL: Matrix = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
EDGE: Matrix = [[10, 10, 10, 100, 100, 100]] * 6
MATRICES: list[tuple[str, str, Matrix]] = [
    ("correlation", "Image", [[1, 5, 2], [8, 1, 6], [3, 4, 7]]),
    ("correlation", "Filter", [[1, 0], [1, 0]]),
    ("edges", "Image I, 6 × 6", EDGE),
    ("edges", "Filter K, 3 × 3", SOBEL),
    ("edges", "Output O, 4 × 4: arrow keys move the window", [[0, -360, -360, 0]] * 4),
    ("pooling", "Map", [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]]),
]
WORKED_OUT = {"correlation": ["6", "11", "5"], "pooling": ["20", "30", "112", "37"]}
# The text of a formula, without spaces. Indices follow their letter, and the ends of a sum follow the sign.
FORMULAS = {
    "correlation": ["Oi,j=b+∑u=0F−1∑v=0F−1Ii+u,j+v·Ku,v", "Oi,j=b+∑u=0F−1∑v=0F−1Ii+u,j+v·KF−1−u,F−1−v"],
    "size": ["Wout=Win−F+2PS+1", "Hout=Hin−F+2PS+1"],
    "pooling": ["Pi,j=max0≤u<Fp,0≤v<FpAi·Sp+u,j·Sp+v"],
    "softmax": ["σ(z)i=ezi/∑j=1Cezj"],
}
LETTERS = {
    "correlation": ["I", "K", "O", "b"],
    "edges": ["I", "K", "O"],
    "pooling": ["A", "P"],
}
TEXTS = {
    "dense": ["784", "784 × 128 = 100,352 weights", "26×26×32", "128 units"],
    "size": ["W_in", "W_out", "H_in", "H_out", "padding", "stride"],
    "edges": ["−360"],
    "pooling": ["F_p", "S_p"],
    "softmax": ["C is the number of classes: C = 10 here"],
    "training": [
        "update rule\nAdam",
        "learning rate η\n0.001",
        "batch\n64 images",
        "epochs\n5",
        "test batch\n1,000 images",
        "every 100 batches",
    ],
}
SHAPES = {  # the lesson writes rows × columns × maps
    "input": "28×28×1",
    "conv1": "26×26×32",
    "pool1": "13×13×32",
    "conv2": "11×11×64",
    "pool2": "5×5×64",
    "flatten": "1,600 numbers",
    "dense1": "128 numbers",
    "logits": "10 numbers",
}
FORMULAS_OF_THE_WALK = [
    (("conv1", 7, 12, 13), "Om,i,j=bm+∑u,v=02Ii+u,j+v·Km,u,v"),
    (("conv2", 20, 5, 6), "Om,i,j=bm+∑k=031∑u,v=02Ik,i+u,j+v·Km,k,u,v"),
    (("relu1", 7, 12, 13), "O=max(0,I)"),
    (("pool1", 7, 6, 6), "Pi,j=max0≤u<2,0≤v<2A2i+u,2j+v"),
    (("dense1", 34), "Oi=bi+∑j=01599wi,j·Ij"),
    (("probabilities", 7), "σ(z/T)i=ezi/T/∑j=1Cezj/T"),
]
# A formula that can break into lines is two <math> elements with a <wbr> between them.
WHOLE_FORMULAS = """(all) => all.filter((math) => math.previousElementSibling?.localName !== "wbr").map((math) => {
  const rest = math.nextElementSibling?.localName === "wbr" ? math.nextElementSibling.nextElementSibling : null;
  return math.textContent + (rest?.textContent ?? "");
})"""
SUBSCRIPTS = "(root) => { for (const sub of root.querySelectorAll('sub')) sub.prepend('_'); return root.innerText; }"


@pytest.fixture(scope="module")
def lesson(module_visitors: Opener) -> Visitor:
    visitor = module_visitors("/lesson", settled="#yours")
    for section in ("correlation", "size", "edges", "pooling", "network", "softmax", "training"):
        visitor.find(f"#{section}").scroll_into_view_if_needed()
        visitor.painted()
    return visitor


def formulas(visitor: Visitor, selector: str) -> list[str]:
    """The formulas in a part of the page as texts without spaces."""
    texts = seen(visitor.find(f"{selector} math")).evaluate_all(WHOLE_FORMULAS)
    return [re.sub(r"\s", "", text) for text in texts]


def scroll_to(visitor: Visitor, section: str) -> None:
    """Scroll to a section: a browser lays out only the sections near the window, and others have no text to read."""
    visitor.run("(id) => document.getElementById(id).scrollIntoView({ behavior: 'instant' })", section)


def test_the_lesson_shows_the_lessons_numbers_letters_and_formulas(lesson: Visitor) -> None:
    expect(lesson.find("#size .size-fit")).to_contain_text("This is the loaded network")
    for section, label, numbers in MATRICES:
        scroll_to(lesson, section)
        assert matrix(lesson.find(f'#{section} table[aria-label="{label}"]').first) == numbers, (section, label)
    for section, texts in TEXTS.items():
        scroll_to(lesson, section)
        shown = lesson.seen(f"#{section}").evaluate(SUBSCRIPTS).replace("\xa0", " ")
        for text in texts:
            assert text in shown, (section, text)
    for section, letters in LETTERS.items():
        scroll_to(lesson, section)
        found = seen(lesson.find(f"#{section} .letter")).all_inner_texts()
        assert set(found) >= set(letters), section
    for section, expected in FORMULAS.items():
        assert [text for text in formulas(lesson, f"#{section}") if text in expected] == expected, section


def test_the_numbers_that_the_lesson_leaves_open_are_right(lesson: Visitor) -> None:
    for section, numbers in WORKED_OUT.items():
        for which, number in enumerate(numbers):
            assert answer(lesson, section, which, number) == "Right.", (section, number)


def test_the_layers_have_the_lessons_sizes(lesson: Visitor) -> None:
    for layer, size in SHAPES.items():
        lesson.find(f'#network .net-block[data-layer="{layer}"]').click()
        expect(lesson.find("#network .net-facts dd").first).to_contain_text(size)


def test_programs_use_the_lessons_letters(lesson: Visitor) -> None:
    assert "O[i, j] = b + np.sum(I[i : i + F, j : j + G] * K)" in program(lesson, "correlation", "numpy")
    pooling = program(lesson, "pooling", "numpy")
    assert "P[i, j] = A[i * S_p : i * S_p + F_p, j * S_p : j * S_p + F_p].max()" in pooling
    assert "(W_in - F + 2 * P) // S + 1" in program(lesson, "size", "python")


def test_the_walk_uses_the_lessons_letters(visitor: Visitor) -> None:
    for cell, formula in FORMULAS_OF_THE_WALK:
        layer, *index = cell
        pin(visitor, str(layer), *map(int, index))
        assert formulas(visitor, "#formula") == [formula], cell
    pin(visitor, "pool1", 7, 6, 6)
    assert seen(visitor.find("#calculation .letter")).all_inner_texts() == ["A", "P"]


def test_the_training_program_and_the_recipe_have_the_lessons_settings() -> None:
    code = (EXAMPLES / "train_mnist.py").read_text(encoding="utf-8")
    for part in (
        'parser.add_argument("--epochs", type=int, default=5)',
        "torch.optim.Adam(model.parameters(), lr=0.001)",
        "batch_size=64, shuffle=True",
        "batch_size=1000",
        "if step % 100 == 0:",
        "transforms.Normalize((0.1307,), (0.3081,))",
        "F.cross_entropy",
        "nn.Conv2d(1, 32, kernel_size=3)",
        "nn.Conv2d(32, 64, kernel_size=3)",
        "nn.Linear(64 * 5 * 5, 128)",
        "nn.Linear(128, 10)",
        '"mnist_cnn.pth"',
    ):
        assert part in code, part
    recipe = recipes.LESSON
    assert (recipe.epochs, recipe.batch, recipe.learning_rate, recipe.weight_decay) == (5, 64, 0.001, 0)


def test_the_sobel_program_has_the_lessons_arrays() -> None:
    code = (EXAMPLES / "sobel.py").read_text(encoding="utf-8")
    assert "np.array([[10, 10, 10, 100, 100, 100]] * 6)" in code
    assert [[int(n) for n in re.findall(r"-?\d", row)] for row in re.findall(r"^ {8}\[(.*)\],$", code, re.M)] == SOBEL


def test_the_worksheet_uses_each_letter_for_one_thing(visitors: Opener) -> None:
    sheet = visitors("/lesson/worksheet", settled="#questions")
    meanings: dict[str, set[str]] = {}
    for caption in seen(sheet.find(".matrix caption")).all_inner_texts():
        letter, _, name = caption.strip().partition(" ")
        meanings.setdefault(letter, set()).add(name.strip())
    assert meanings["A"] == {"map", "relu1"}
    assert meanings["P"] == {"pooled map"}
    assert meanings["O"] == {"output"}
    text = sheet.text("main")
    assert re.findall(r"\bP\b", text.replace("the pooled map P", "").replace("P pooled map", "")) == []
