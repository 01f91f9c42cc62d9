/** Clicks, and whether a finger made them. */

export const TAP = 24; // px, the largest distance between two taps at the same place

/**
 * Call `listener(event, touched)` for each click on a node. A click event says what pointer made it only since Safari 18.2 and
 * Firefox 129; the pointerdown event before it always does.
 */
export function onClick(node, listener) {
  let pointer = "";
  node.addEventListener("pointerdown", ({ pointerType }) => (pointer = pointerType));
  node.addEventListener("click", (event) => listener(event, pointer === "touch"));
}

/** The place of a tap in the node that listens to it, { x, y }: the page may scroll between two taps. */
export function placeOfTap({ clientX, clientY, currentTarget }) {
  const { left, top } = currentTarget.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

/** Whether a tap is at about the same place as the one before; false if there was none. */
export function isSameTap(event, before) {
  const { x, y } = placeOfTap(event);
  return before !== null && Math.hypot(x - before.x, y - before.y) < TAP;
}
