/**
 * The path of a walk: a list of cells, from the first to the explained one. Nothing here touches the document; every
 * function returns a new path.
 */
export const sameCell = (a, b) => ["layer", "map", "row", "col"].every((key) => a[key] === b[key]);

/** The explained cell; undefined if none is pinned. */
export const lastCell = (path) => path.at(-1);

/** Go to an operand of the explained cell, or back to a cell that is already in the path. */
export function stepTo(path, cell) {
  const been = path.findIndex((step) => sameCell(step, cell));
  return been >= 0 ? path.slice(0, been + 1) : [...path, cell];
}

/** A new walk that begins at a cell. */
export const startAt = (cell) => [cell];

export const stepBack = (path) => path.slice(0, -1);

/**
 * The next cell of a sliding window: row by row over one map, and from its end back to its beginning.
 */
export function nextCell({ rows, cols }, cell) {
  const at = (cell.row * cols + cell.col + 1) % (rows * cols);
  return { ...cell, row: Math.floor(at / cols), col: at % cols };
}

/** The cell `dx` to the right and `dy` down in the same map, or the last one before the edge. */
export const shiftedCell = ({ rows, cols }, cell, dx, dy) => ({
  ...cell,
  row: Math.min(Math.max(cell.row + dy, 0), rows - 1),
  col: Math.min(Math.max(cell.col + dx, 0), cols - 1),
});
