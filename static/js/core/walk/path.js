/**
 * The walk as a list of cells, from the one it began with to the one that is explained now. Nothing here touches the
 * document; every function gives back a new path.
 */
export const same = (a, b) => ["layer", "map", "row", "col"].every((key) => a[key] === b[key]);

/** The cell that is explained; undefined when none is pinned. */
export const here = (path) => path.at(-1);

/** On to an operand of what is explained; a cell that the path has been at already is gone back to. */
export function onTo(path, cell) {
  const been = path.findIndex((step) => same(step, cell));
  return been >= 0 ? path.slice(0, been + 1) : [...path, cell];
}

/** Somewhere else altogether: a new walk begins. */
export const begin = (cell) => [cell];

export const back = (path) => path.slice(0, -1);

/**
 * The cell the window comes to when it slides by itself: row by row over one map, and from its end to its beginning.
 */
export function next({ rows, cols }, cell) {
  const at = (cell.row * cols + cell.col + 1) % (rows * cols);
  return { ...cell, row: Math.floor(at / cols), col: at % cols };
}

/** The cell `dx` and `dy` away in the same map; at its edge no further. */
export const shifted = ({ rows, cols }, cell, dx, dy) => ({
  ...cell,
  row: Math.min(Math.max(cell.row + dy, 0), rows - 1),
  col: Math.min(Math.max(cell.col + dx, 0), cols - 1),
});
