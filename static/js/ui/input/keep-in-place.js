/** Keeping a part of the page where it is in the window. */

/** Call `change()`. If it moves a part that is in the window or above it, scroll the page by the same distance. */
export function keepInPlace(part, change) {
  const before = part.getBoundingClientRect().top;
  change();
  if (before < innerHeight) scrollBy({ top: part.getBoundingClientRect().top - before, behavior: "instant" });
}
