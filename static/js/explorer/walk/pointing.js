/** Pointing at cells and pinning them: what the mouse, a finger and the keys do, and what screen readers announce. */
import { lastCell, sameCell } from "../../core/walk/path.js";
import { keepFocus } from "../../ui/input/focus.js";
import { askedQuestion } from "./asked-question.js";

/** `paintNow()` paints what is due before the focus moves to it. */
export function createPointing(store, walker, timing, cellPanel, paintNow) {
  let byKey = false; // whether the arrow keys have chosen the cell that is pointed at

  /** A cell was pointed at or pressed; `how`, `time` and the result are as in explorer/network/network-view.js. */
  function pointAt(cell, how, time) {
    const { answer, first, hovered, path } = store.state;
    if (!answer) return false;
    if (first) {
      // The simple view has no preview: pointing does nothing, and the first tap pins.
      if (how === "hover") return false;
      if (how === "tap" || how === "choose") how = "keep";
    }
    if (how === "tab") return !hovered && path.length > 0 && sameCell(lastCell(path), cell) && cellPanel.focusOperand();
    if (how === "choose" || how === "keep") {
      timing.pressed(time);
      if (how === "choose") walker.togglePin(cell);
      else walker.pin(cell);
      speak(walker.explained());
      return true;
    }
    if (how === "key" && path.length > 0 && lastCell(path).layer === cell.layer) walker.slideTo(cell);
    else if (how === "blur" ? byKey && path.length > 0 : how !== "focus" || path.length === 0) {
      // The keyboard's focus may pass a layer on its way to the pinned cell's calculation. It does not replace the calculation.
      if (cell && hovered && sameCell(cell, hovered)) return true;
      timing.looked(time);
      byKey = how === "key";
      store.set({ hovered: cell });
    }
    if (cell && how !== "hover") cellPanel.speak(cell, answer, null);
    return true;
  }

  function speak(cell) {
    const calculation = walker.calculation(cell);
    cellPanel.speak(cell, store.state.answer, calculation, askedQuestion(store.state, cell, calculation));
  }

  /** The pressed button has disappeared with its calculation: focus the new calculation, and announce it. */
  function focusOn(cell) {
    paintNow();
    cellPanel.calculation.focus({ preventScroll: true });
    speak(cell);
  }

  return {
    pointAt,
    focusOn,
    /**
     * Go back with `move`. The focused element may disappear: then the focus moves to the new calculation, or to the button
     * that begins another walk.
     */
    goBack(move) {
      const change = () => {
        move();
        paintNow();
      };
      keepFocus(change, () => {
        if (store.state.path.length === 0) return document.getElementById(store.state.first ? "why" : "step");
        speak(walker.explained());
        return cellPanel.calculation;
      });
    },
  };
}
