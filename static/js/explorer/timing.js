/**
 * How fast the page responds, as performance measures of the browser: "move-to-maps", from a move of the pen until its maps
 * are painted; "hover-to-preview" and "pin-to-calculation", from a pointer event until the cell panel is painted. The tests
 * and benchmarks/pages/browser.py read them.
 */
const KEPT = 2000;

export function createTiming() {
  let revision = 0; // increases with every point of the drawing
  let moves = []; // [revision, time] of moves whose maps are not painted yet
  const effects = []; // [name, time] of other events that are not painted yet

  function measure(name, start) {
    performance.measure(name, { start, end: performance.now() });
    if (performance.getEntriesByName(name).length > KEPT) performance.clearMeasures(name);
  }
  return {
    get revision() {
      return revision;
    },
    /** The pen has moved: its maps come with the first response for this revision or a later one. */
    moved: (time) => moves.push([++revision, time]),
    looked: (time) => time && effects.push(["hover-to-preview", time]),
    pressed: (time) => time && effects.push(["pin-to-calculation", time]),
    /** The maps of a revision have been painted. */
    mapsPainted(painted) {
      for (const [, start] of moves.filter(([r]) => r <= painted)) measure("move-to-maps", start);
      moves = moves.filter(([r]) => r > painted);
    },
    /** Everything else that was due has been painted. */
    painted() {
      for (const [name, start] of effects.splice(0)) measure(name, start);
    },
  };
}
