"""The states of the pages in which their layout is examined, and the windows in which they are shown."""

from dataclasses import dataclass

# Windows of real screens, in CSS pixels: projectors with the browser's bars, a tablet upright and on its side, a phone
# upright and on its side, 400 % zoom, a large monitor, the smallest phone.
SIZES = (
    (1366, 657),
    (1280, 633),
    (1024, 768),
    (1080, 810),
    (820, 1180),
    (844, 390),
    (390, 844),
    (320, 256),
    (2560, 1440),
    (320, 568),
)


@dataclass(frozen=True)
class State:
    """A state of a page: its address, whose fragment the page obeys when it changes, and a script that completes it.

    `ready` is a script that returns whether the page shows the state.
    """

    name: str
    path: str
    script: str = ""
    ready: str = "return true"


_SEVEN = "d=digit.7.0.mnist"
_INK = "ink.26.CH4coL_E4GwCoHgN4IoMnGvDvPnO_CD4RoNvLgMwBwb"
_PINS = {
    "input": "input.0.7.12",
    "conv1": "conv1.7.12.5",
    "relu1": "relu1.7.12.5",
    "pool1": "pool1.7.6.5",
    "conv2": "conv2.12.4.5",
    "relu2": "relu2.12.4.5",
    "flatten": "flatten.613",
    "dense1": "dense1.43",
    "logits": "logits.7",
    "probabilities": "probabilities.7",
}
_WALK = "probabilities.7~logits.7~relu3.43~dense1.43~flatten.613~pool2.24.2.3~relu2.24.4.6~conv2.24.4.6~pool1.7.5.7"


def _settled(part: str) -> str:
    return f"return document.querySelector('{part}').dataset.settled === 'true'"


_ANSWERED = _settled("#answer")
_CALCULATED = f"{_ANSWERED} && document.querySelector('#preview').hidden"


def _main(name: str, fragment: str, script: str = "", ready: str = _CALCULATED) -> State:
    return State(name, f"/?view=full#{fragment}", script, ready)


_ASKED = ("input", "conv1", "relu1", "pool1", "conv2", "flatten", "dense1", "logits", "probabilities")
_VIEWS = ("map", "table", "costs", "trust", "contrast")
MAIN_PAGE = (
    State("the first view", f"/?view=first#{_SEVEN}", ready=_ANSWERED),
    State("the first view, conv1 pinned", f"/?view=first#at={_PINS['conv1']}&{_SEVEN}", ready=_CALCULATED),
    _main("nothing pinned", _SEVEN, ready=_ANSWERED),
    _main("blank", "d=ink.26.A", ready=_ANSWERED),
    _main("not a digit", "d=ink.26.CCgPgPgoBgoBCA_nB_nBgoB", ready=_ANSWERED),
    _main("unsure", f"d={_INK}", ready=_ANSWERED),
    *(_main(f"{layer} pinned", f"at={cell}&{_SEVEN}") for layer, cell in _PINS.items()),
    _main("the end of a walk", f"at={_WALK}&{_SEVEN}"),
    _main("conv2 as NumPy", f"at={_PINS['conv2']}&code=numpy&{_SEVEN}"),
    _main("probabilities as curl", f"at={_PINS['probabilities']}&code=curl&{_SEVEN}"),
    *(_main(f"{layer}, ask me", f"at={_PINS[layer]}&work=true&{_SEVEN}") for layer in _ASKED),
    *(_main(f"the tab {view}", f"v={view}&{_SEVEN}", ready=_ANSWERED) for view in _VIEWS),
    _main("the tab map at conv2, pinned", f"v=map&at={_PINS['conv2']}&{_SEVEN}"),
    _main("the tab map at input, pinned", f"v=map&at={_PINS['input']}&{_SEVEN}"),
    _main("the tab table at dense1, pinned", f"v=table&at={_PINS['dense1']}&{_SEVEN}"),
    _main("an epoch of a training run", f"w=lesson.3&{_SEVEN}", ready=_ANSWERED),
    _main("plain softmax", f"calibrated=false&at={_PINS['probabilities']}&{_SEVEN}"),
)

_DRAWN = _settled("#yours")
_LINKS = "return document.querySelectorAll('.teacher-links li').length > 9"
_QUESTIONS = _settled("#questions")
_OPERATIONS = "return document.querySelectorAll('.opblock').length > 5"
# Paints all sections at once, and lays them out as if each were near the window.
_PAINT = """dispatchEvent(new Event('beforeprint'));
for (const { style } of document.querySelectorAll('.lesson-section')) {
  if (CSS.supports('content-visibility', 'auto')) style.contain = 'layout style paint';
  style.contentVisibility = 'visible';
}
"""
_OPEN_PROGRAMS = "for (const tabs of document.querySelectorAll('.code .tabs')) tabs.firstElementChild.click();"
_OPEN_PAD = "document.querySelector('#open-pad').click();"
LESSON = (
    State("the lesson", f"/lesson#{_SEVEN}", _PAINT, _DRAWN),
    State("the lesson with questions", f"/lesson#work=4&{_SEVEN}", _PAINT, _DRAWN),
    State("the lesson with programs", f"/lesson#at=dense&{_SEVEN}", _PAINT + _OPEN_PROGRAMS, _DRAWN),
    State("the lesson, drawing", f"/lesson#at=pooling&{_SEVEN}", _PAINT + _OPEN_PAD, _DRAWN),
)
OTHER_PAGES = (
    State("for teachers", f"/lesson/teacher#{_SEVEN}", ready=_LINKS),
    State("the worksheet", f"/lesson/worksheet#work=4&{_SEVEN}", ready=_QUESTIONS),
    State("the glossary", "/glossary"),
    State("the API", "/docs"),
    State("the API, Swagger UI", "/docs#/drawings", ready=_OPERATIONS),
    State("corrections", "/corrections"),
    State("training, before the first epoch", f"/training#run=lesson&epoch=0&{_SEVEN}", ready=_settled("#now")),
    State("a problem", "/problems/not-found"),
    State("an unknown address", "/unknown-address"),
)
# The experiments of the lab, after the guess. “Fool it” is last, because its curve keeps the service busy for a while.
_EXPERIMENTS = {
    "break": f"break.edits=conv1_7_off~conv2_3_negate&break.guess=12&{_SEVEN}",
    "matter": f"matter.shown=1&matter.rub=9-12_10-12_11-12_12-12&{_SEVEN}",
    "map": f"map.guess=relu3&{_SEVEN}",
    "replay": f"replay.guess=50&replay.at=40&d={_INK}",
    "teach": f"teach.guess=3&teach.drawings={'~'.join([f'4{_INK}'] * 3 + [f'7{_INK}'] * 3)}&{_SEVEN}",
    "fool": f"fool.guess=24&{_SEVEN}",
}
LAB = (
    State("the lab", "/lab"),
    *(
        State(f"the lab: {name}", f"/lab#e={name}&{fragment}", ready=_settled(f"#{name}"))
        for name, fragment in _EXPERIMENTS.items()
    ),
)
