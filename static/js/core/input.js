/** Keys and taps. Nothing here touches the document. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Whether a key is pressed without the modifiers of a command. */
export const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;

/** The direction of an arrow key, [right, down]; undefined for other keys and for commands. */
export const arrowOf = (event) => (isPlain(event) ? ARROWS[event.key] : undefined);

/**
 * The Latin letter of a key, in lower case; "" for other keys. With a Cyrillic, Greek, Hebrew or Arabic layout it is the letter at
 * the key's place on an American keyboard, as in the browsers' own shortcuts.
 */
export function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const other = /^\p{L}$/u.test(key) ? /^Key([A-Z])$/.exec(code) : null;
  return other ? other[1].toLowerCase() : "";
}

export const TAP = 24; // px, the largest distance between two taps at the same place

/** Whether a tap is at about the same place as the one before, { x, y }; false if there was none. */
export const isSameTap = (event, before) => before !== null && Math.hypot(event.clientX - before.x, event.clientY - before.y) < TAP;
