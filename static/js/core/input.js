/** What several parts of the page read from keys and fingers alike. Nothing here touches the document. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Whether a key comes without the modifiers that make it a command of the browser or of the page. */
export const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;

/** Where an arrow key points, [right, down]; undefined for every other key, and with a command's modifiers. */
export const arrowOf = (event) => (isPlain(event) ? ARROWS[event.key] : undefined);

export const TAP = 24; // px, as far as two taps of one finger lie apart

/** Whether a finger has come down about where it did before, { x, y }; not if it has not been anywhere. */
export const isSameTap = (event, before) => before !== null && Math.hypot(event.clientX - before.x, event.clientY - before.y) < TAP;
