/** Clicks, and whether a finger made them. */

/**
 * Call `listener(event, touched)` for each click on a node. A click event says what pointer made it only since Safari 18.2 and
 * Firefox 129; the pointerdown event before it always does.
 */
export function onClick(node, listener) {
  let pointer = "";
  node.addEventListener("pointerdown", ({ pointerType }) => (pointer = pointerType));
  node.addEventListener("click", (event) => listener(event, pointer === "touch"));
}
