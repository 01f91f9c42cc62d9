/** The small matrices that the section starts with. No DOM access. */

/** The lesson's numbers: the output is 9, 6, 11, 5. */
export const LESSON = { image: [[4, 1, 3], [2, 2, 0], [4, 4, 3]], kernel: [[1, 2], [-1, 2]], bias: 1 };
/** A seven, five cells high. */
export const SEVEN = [[1, 1, 1, 1, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]];
