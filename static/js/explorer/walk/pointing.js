/** Pointing at cells and pinning them: what the mouse, a finger and the keys do, and what screen readers are told. */
import { lastCell, sameCell } from "../../core/walk/path.js";
import { askedQuestion } from "./asked-question.js";

/** `paintNow()` paints what is due before the focus moves to it. */
export function createPointing(store, walker, timing, cellPanel, paintNow) {
  /** A cell was pointed at or pressed; `how` and `time` are as in explorer/network/network-view.js. */
  function pointAt(cell, how, time) {
    if (!store.state.answer) return;
    if (how === "choose" || how === "keep") {
      timing.pressed(time);
      if (how === "choose") walker.togglePin(cell);
      else walker.pin(cell);
      speak(walker.explained());
      return;
    }
    if (how === "key" && store.state.path.length > 0 && lastCell(store.state.path).layer === cell.layer) walker.slideTo(cell);
    else {
      const { hovered } = store.state;
      if (cell && hovered && sameCell(cell, hovered)) return;
      timing.looked(time);
      store.set({ hovered: cell });
    }
    if (cell && how !== "hover") cellPanel.speak(cell, store.state.answer, null);
  }

  function speak(cell) {
    const calculation = walker.calculation(cell);
    cellPanel.speak(cell, store.state.answer, calculation, askedQuestion(store.state, cell, calculation));
  }

  return {
    pointAt,
    /** The pressed button has disappeared with its calculation: focus the new calculation, and announce it. */
    focusOn(cell) {
      paintNow();
      cellPanel.focus();
      speak(cell);
    },
  };
}
