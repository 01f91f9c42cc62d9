/**
 * What a 3×3 filter of the first convolution responds to, in words: its nine weights compared with named patterns by cosine similarity.
 * Nothing here touches the document.
 */

/**
 * A pattern is { nine, many, one, opposite: { many, one } }: nine numbers, and what they respond to, in the plural and in the
 * singular. `opposite` is what their negatives respond to.
 */
const pattern = (nine, many, one, oppositeMany, oppositeOne) => ({ nine, many, one, opposite: { many: oppositeMany, one: oppositeOne } });

// An edge is named after the side of the stroke: at its left edge, there is ink on the right and none on the left.
const PATTERNS = [
  pattern([-1, 0, 1, -1, 0, 1, -1, 0, 1], "left edges", "a left edge", "right edges", "a right edge"),
  pattern([-1, -1, -1, 0, 0, 0, 1, 1, 1], "upper edges", "an upper edge", "lower edges", "a lower edge"),
  pattern([-2, -1, 0, -1, 0, 1, 0, 1, 2], "upper-left edges", "an upper-left edge", "lower-right edges", "a lower-right edge"),
  pattern([0, -1, -2, 1, 0, -1, 2, 1, 0], "upper-right edges", "an upper-right edge", "lower-left edges", "a lower-left edge"),
  pattern([-1, 2, -1, -1, 2, -1, -1, 2, -1], "vertical lines", "a vertical line", "vertical gaps", "a vertical gap"),
  pattern([-1, -1, -1, 2, 2, 2, -1, -1, -1], "horizontal lines", "a horizontal line", "horizontal gaps", "a horizontal gap"),
  pattern([2, -1, -1, -1, 2, -1, -1, -1, 2], "falling lines", "a falling line", "falling gaps", "a falling gap"),
  pattern([-1, -1, 2, -1, 2, -1, 2, -1, -1], "rising lines", "a rising line", "rising gaps", "a rising gap"),
  pattern([-1, -1, -1, -1, 8, -1, -1, -1, -1], "spots", "a spot", "holes", "a hole"),
  pattern([1, 1, 1, 1, 1, 1, 1, 1, 1], "ink", "ink", "empty places", "an empty place"),
];

/** The names of all patterns, in the order in which lists of filters are sorted. */
export const NAMES = PATTERNS.flatMap(({ many, opposite }) => [many, opposite.many]);

/** The least similarity for a filter to get the name of a pattern. About a third of the learned filters stay without a name. */
const CLEAR = 0.7;

/** The name of a filter that clearly resembles none of the patterns. */
export const MIXED = "a mixed pattern";

/** Cosine similarity of two lists of numbers, from −1 to 1; 0 if one of them is all zero. */
export function similarity(a, b) {
  const dot = (p, q) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  const size = Math.sqrt(dot(a, a) * dot(b, b));
  return size > 0 ? dot(a, b) / size : 0;
}

/**
 * The pattern that a filter resembles most: { many, one, opposite, nine, clarity }, with `nine` negated and the names swapped
 * if the filter is its negative.
 */
function closest(filter) {
  const nine = Array.from(filter);
  const found = PATTERNS.map((each) => ({ each, like: similarity(nine, each.nine) })).reduce((best, next) => (Math.abs(next.like) > Math.abs(best.like) ? next : best));
  const { each, like } = found;
  const clarity = Math.abs(like);
  if (like >= 0) return { ...each, clarity };
  return { ...each.opposite, opposite: { many: each.many, one: each.one }, nine: each.nine.map((weight) => -weight), clarity };
}

/** The named pattern of a filter, nine weights row by row; null if it resembles none clearly. */
export function patternOf(filter) {
  const found = closest(filter);
  return found.clarity >= CLEAR ? found : null;
}

/** "left edges", or "a mixed pattern". */
export const nameOf = (filter) => patternOf(filter)?.many ?? MIXED;

/**
 * The indices of `count` filters that differ: the clearest of each named pattern, the clearest patterns first; if there are too few
 * patterns, also the clearest of the other filters. Sorted by pattern, then by index.
 */
export function distinctFilters(filters, count) {
  const all = filters.map((filter, index) => ({ index, ...closest(filter) })).sort((a, b) => b.clarity - a.clarity || a.index - b.index);
  const firsts = all.filter(({ many, clarity }, i) => clarity >= CLEAR && all.findIndex((other) => other.many === many) === i);
  const others = all.filter((each) => !firsts.includes(each));
  const rank = ({ many, clarity }) => (clarity >= CLEAR ? NAMES.indexOf(many) : NAMES.length);
  return [...firsts, ...others].slice(0, count).sort((a, b) => rank(a) - rank(b) || a.index - b.index).map(({ index }) => index);
}
