"""A script that makes a new browser look to scripts like one of the oldest supported browsers."""

import json
import re

from tests.static.browser_features import FEATURES

# Playwright's own scripts in the page need these.
KEPT = ("api.Element.checkVisibility", "api.Document.ariaNotify")


def removals() -> list[list[str]]:
    """The new globals, static members and members of prototypes: [name], [owner, name] and [owner, "", name]."""
    found: list[list[str]] = []
    for path in FEATURES:
        parts = path.removeprefix("javascript.builtins.").removeprefix("api.").split(".")
        if path in KEPT or not path.startswith(("api.", "javascript.")) or path.endswith("_event"):
            continue
        match parts:
            case [name]:
                found.append([name])
            case [owner, name] if name.endswith("_static"):
                found.append([owner, name.removesuffix("_static")])
            case [owner, name] if path.startswith("javascript."):
                found += [[owner, name], [owner, "", name]]
            case [owner, name] if re.fullmatch(r"\w+", name) and name != owner:
                found.append([owner, "", name])
    return found


SCRIPT = """
(() => {
  const remove = (owner, name) => owner && Object.hasOwn(owner, name) && delete owner[name];
  for (const path of REMOVALS) {
    if (path.length === 1) remove(globalThis, path[0]);
    else if (path.length === 2) remove(globalThis[path[0]], path[1]);
    else remove(globalThis[path[0]]?.prototype, path[2]);
  }
  // A click was a MouseEvent: it did not say what pointer made it.
  Object.defineProperty(PointerEvent.prototype, "pointerType", {
    get() { return this.type === "click" ? undefined : pointerType.call(this); },
  });
})();
"""


def script() -> str:
    """The script, to be run before those of the page."""
    getter = 'const pointerType = Object.getOwnPropertyDescriptor(PointerEvent.prototype, "pointerType").get;\n'
    return f"{{{getter}{SCRIPT.replace('REMOVALS', json.dumps(removals()))}}}"
