/**
 * How soon the page answers a hand, as the browser's performance measures: "move-to-maps", from a move of the pen to its
 * maps painted; "hover-to-preview" and "pin-to-calculation", from a pointer event to the strip painted. The tests and
 * benchmarks/browser.py read them.
 */
const KEPT = 2000;

export function createTiming() {
  let revision = 0; // grows with every point of the drawing
  let moves = []; // [revision, when] of moves whose maps are not painted yet
  const effects = []; // [name, when] of what is not painted yet

  function measure(name, start) {
    performance.measure(name, { start, end: performance.now() });
    if (performance.getEntriesByName(name).length > KEPT) performance.clearMeasures(name);
  }
  return {
    get revision() {
      return revision;
    },
    /** The pen has moved: its maps are those of the first answer to this revision or a later one. */
    moved: (when) => moves.push([++revision, when]),
    looked: (when) => when && effects.push(["hover-to-preview", when]),
    pressed: (when) => when && effects.push(["pin-to-calculation", when]),
    /** The maps of a revision are on the screen. */
    mapsPainted(painted) {
      for (const [, start] of moves.filter(([r]) => r <= painted)) measure("move-to-maps", start);
      moves = moves.filter(([r]) => r > painted);
    },
    /** So is whatever else was due. */
    painted() {
      for (const [name, start] of effects.splice(0)) measure(name, start);
    },
  };
}
