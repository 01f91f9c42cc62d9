/** The taught weights that this tab has given to the server with "Try it", as long as they are there, each with a button that deletes it. */
import { labelOf } from "../../core/links/weight-sets.js";
import { FACTS } from "../../core/service-facts.js";
import { el, replaceIfChanged } from "../../ui/dom.js";
import { createDeleteButton } from "../../widgets/delete-button.js";
import { keepTried, readTried } from "./kept.js";

/** `part(name)` finds a part of the panel. Returns { add(name), show() }. */
export function createTried(part, lab) {
  let names = readTried();

  function row({ name, model }) {
    const button = createDeleteButton({ title: "Delete these weights from the server, for everybody" }, async () => {
      if (!(await lab.deleteWeights(name))) return;
      show();
      (part("tried").querySelector("button") ?? part("add")).focus();
    });
    button.show(model);
    return el("li", {}, el("b", {}, model), " ", button.node);
  }

  function show() {
    const sets = FACTS.weights.filter(({ name, origin }) => origin === "upload" && names.includes(name));
    part("tried-block").hidden = sets.length === 0;
    replaceIfChanged(part("tried"), sets.map(labelOf).join(), () => sets.map(row));
  }

  return {
    add(name) {
      names = [...names.filter((each) => each !== name), name];
      keepTried(names);
    },
    show,
  };
}
