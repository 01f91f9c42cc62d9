/** A group of elements with one tab stop: the arrow keys move the focus between them. */
import { arrowOf } from "../core/input.js";

/** `items` in reading order, `wide` of them per row; one has tabindex 0, the others −1. */
export function createRovingFocus(items, wide) {
  for (const [at, item] of items.entries()) {
    item.addEventListener("keydown", (event) => {
      const step = arrowOf(event);
      if (!step) return;
      const [x, y] = [(at % wide) + step[0], Math.floor(at / wide) + step[1]];
      event.preventDefault();
      event.stopPropagation();
      if (x < 0 || x >= wide || y < 0 || y * wide + x >= items.length) return;
      item.tabIndex = -1;
      items[y * wide + x].tabIndex = 0;
      items[y * wide + x].focus();
    });
  }
}
