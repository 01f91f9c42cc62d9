/** The list of runs: which one is shown, which ones are compared with it, and what can be done with it. */
import { isLive } from "../core/training/run-log.js";
import { MOST_RUNS } from "../core/links/training-permalink.js";
import { accuracyText, STATES } from "../core/training/texts.js";
import { fileAddress } from "../service/training/runs.js";
import { el, setAttribute, setHidden } from "../ui/dom.js";
import { keepFocus, setDisabled } from "../ui/input/focus.js";
import { createDeleteButton } from "../widgets/delete-button.js";
import { currentWeights, runOf, showsNow, shownRuns } from "./page-state.js";

const FILES = { pth: "mnist_cnn.pth", safetensors: "mnist_cnn.safetensors", onnx: "mnist_cnn.onnx" };
const SHIPPED = "robust"; // the default weights
const SERVE = "All pages and all requests use these weights from now on";
const WAIT = "Wait until the epoch is complete, or choose one with the slider";
const DELETES = { run: "Delete this run and all its files", upload: "Delete these weights from the server, for everybody" };

/** `list` and `actions` are elements; `session` is that of session.js. Returns show(state). */
export function createRunList({ list, actions }, store, session) {
  const button = (text, title, act, classes = "quiet") => {
    const made = el("button", { type: "button", class: classes, title }, text);
    made.addEventListener("click", act);
    return made;
  };
  const serve = button("Serve these weights", SERVE, () => session.serve(currentWeights(store.state)));
  const shipped = button("Back to Inkling’s own", "Use the weights that come with Inkling again", () => session.serve(SHIPPED));
  let deleted = false; // whether the shown run was deleted here: then the focus moves to the run that is shown instead
  const remove = createDeleteButton({ id: "delete" }, async () => (deleted = await session.remove(store.state.run)));
  const files = el("p", { class: "files" });
  const file = el("input", { type: "file", accept: ".pth,.pt,.safetensors", hidden: true, "aria-label": "A file of weights" });
  const open = button("Open your own weights…", "A mnist_cnn.pth or safetensors file from the lesson", () => file.click());
  file.addEventListener("change", () => {
    if (file.files[0]) session.upload(file.files[0]);
    file.value = "";
  });
  serve.id = "serve";
  shipped.id = "serve-shipped";
  actions.append(el("p", { class: "form-row" }, serve, shipped, remove.node), files, el("p", { class: "form-row" }, open, file));
  let built = "";

  function build(state) {
    const shown = shownRuns(state);
    list.replaceChildren(...state.runs.map((run) => {
      const { id, title, accuracy } = run;
      const choose = el("button", { type: "button", class: "run-choose", "aria-pressed": String(id === state.run) }, el("span", { class: "run-title" }, title), el("span", { class: "run-about" }, isLive(run.state) ? STATES[run.state] : accuracyText(accuracy)));
      choose.addEventListener("click", () => store.set({ run: id, epoch: null, compared: state.compared.filter((other) => other !== id) }));
      const compare = el("input", { type: "checkbox", checked: shown.includes(id), disabled: id === state.run || !state.run || (!shown.includes(id) && shown.length >= MOST_RUNS), "aria-label": `Compare with ${title}`, title: "Show this run in the same plots" });
      compare.addEventListener("change", () => {
        const { compared } = store.state;
        store.set({ compared: compare.checked ? [...compared, id] : compared.filter((other) => other !== id) });
      });
      return el("li", { class: `run run-${shown.indexOf(id)}` }, choose, compare);
    }));
  }

  return (state) => {
    const run = runOf(state);
    const key = JSON.stringify([state.runs, state.run, state.compared]);
    if (key !== built) {
      // Keep the focus on the same part of the list.
      const focused = [...list.querySelectorAll("button, input")].indexOf(document.activeElement);
      build(state);
      if (focused >= 0) list.querySelectorAll("button, input")[focused]?.focus();
      built = key;
    }
    if (deleted) {
      deleted = false;
      list.querySelector('[aria-pressed="true"]')?.focus();
    }
    // Without PyTorch, nothing can be trained, but weights can be opened and put into service.
    const allowed = Boolean(state.defaults) && (state.defaults.possible || state.defaults.reason === "pytorch-missing");
    const name = currentWeights(state);
    setHidden(serve, !run || !allowed || !name);
    const isShipped = !state.served || state.served.model.startsWith(`${SHIPPED}-`);
    keepFocus(() => setHidden(shipped, !allowed || isShipped), () => serve);
    setHidden(remove.node, !(run?.origin in DELETES) || isLive(run.state) || !allowed);
    if (!remove.node.hidden) {
      remove.show(run.title);
      setAttribute(remove.node, "title", DELETES[run.origin]);
    }
    setHidden(open, !allowed);
    for (const each of [shipped, remove.node]) setDisabled(each, state.busy);
    const now = showsNow(state);
    setDisabled(serve, state.busy || now);
    setAttribute(serve, "title", now ? WAIT : SERVE);
    const found = Object.entries(FILES).filter(([, each]) => run?.files?.includes(each));
    const shownFiles = found.map(([kind]) => kind).join();
    if (files.dataset.shown !== `${run?.id} ${shownFiles}`) {
      files.dataset.shown = `${run?.id} ${shownFiles}`;
      files.replaceChildren(...(found.length ? ["Download: "] : []), ...found.flatMap(([kind, each], i) => [...(i ? [" "] : []), el("a", { href: fileAddress(run.id, each), download: each }, kind)]));
    }
  };
}
