/** Places for labels that would cover each other. */

const ROUNDS = 300; // far more than ten labels need
const MORE = 0.1; // px by which two labels are moved too far, so that the rounds end

/**
 * The places [x, y] moved apart, so that any two of them are at least `distance` px from each other. Each stays near its own
 * place, and within `size`, the width and the height of the plot, half the distance away from its edges.
 */
export function spread(places, distance, size) {
  const moved = places.map((place) => [...place]);
  for (let round = 0; round < ROUNDS; round++) {
    let apart = true;
    for (const [i, a] of moved.entries()) {
      for (const b of moved.slice(i + 1)) {
        const gap = Math.hypot(b[0] - a[0], b[1] - a[1]);
        if (gap >= distance) continue;
        apart = false;
        const direction = gap > 0 ? [(b[0] - a[0]) / gap, (b[1] - a[1]) / gap] : [Math.cos(i), Math.sin(i)];
        for (const axis of [0, 1]) {
          const push = (direction[axis] * (distance - gap + MORE)) / 2;
          a[axis] -= push;
          b[axis] += push;
        }
      }
    }
    for (const place of moved) for (const axis of [0, 1]) place[axis] = Math.min(Math.max(place[axis], distance / 2), size[axis] - distance / 2);
    if (apart) break;
  }
  return moved;
}
