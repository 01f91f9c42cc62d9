/** The buttons of the walk: back, step, follow, slide, "ask me" and those that begin at the prediction. */
import { byName } from "../../core/layers.js";
import { canSlide } from "../../core/walk/walker.js";
import { setDisabled } from "../../ui/input/focus.js";

/**
 * `lessMotion` is the media query for reduced motion: then the walk takes one step per press. `goBack(move)` is that of
 * pointing.js.
 */
export function createWalkControls(store, walker, lessMotion, goBack) {
  const $ = (id) => document.getElementById(id);
  const follow = $("follow");
  const play = $("play");

  $("back").addEventListener("click", () => goBack(walker.back));
  $("kept").addEventListener("click", () => goBack(walker.release));
  follow.addEventListener("click", () => walker.follow());
  $("step").addEventListener("click", () => walker.step());
  $("work").addEventListener("click", () => store.set({ work: !store.state.work, worked: [] }));
  $("digit").addEventListener("click", () => store.state.answer?.prediction.digit != null && walker.answer());
  $("why").addEventListener("click", () => {
    walker.release();
    walker.follow();
  });
  play.addEventListener("click", () => walker.play());
  document.querySelector(".network").addEventListener("click", ({ target }) => {
    if (store.state.hovered && !target.closest(".plot")) store.set({ hovered: null });
    // A press on empty space goes a step back.
    if (!target.closest(".plot, button, label, input, a, .view, table")) walker.back();
  });
  lessMotion.addEventListener("change", () => show(store.state));

  function show({ playing, path, work }) {
    const still = lessMotion.matches;
    follow.textContent = playing === "path" ? "❚❚ pause" : "▶ follow";
    follow.hidden = still;
    follow.setAttribute("aria-pressed", String(playing === "path"));
    play.textContent = playing === "window" ? "❚❚ pause" : still ? "slide ▸" : "▶ slide";
    play.setAttribute("aria-pressed", String(playing === "window"));
    setDisabled($("back"), path.length === 0);
    $("work").setAttribute("aria-pressed", String(work));
  }

  return {
    show,
    /** Enable the buttons that have an effect on the explained cell; `calculation` is null if it is not known yet. */
    enable(cell, calculation, blank) {
      setDisabled(play, !calculation || !canSlide(byName[cell.layer].kind));
      for (const id of ["why", "follow", "step"]) setDisabled($(id), blank);
    },
  };
}
