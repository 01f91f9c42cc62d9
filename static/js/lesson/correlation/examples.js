/** The small matrices that the section starts with. No DOM access. */

/** The lesson's numbers, without a bias: the output is 9, 6, 11, 5. */
export const LESSON = Object.freeze({ image: [[1, 5, 2], [8, 1, 6], [3, 4, 7]], kernel: [[1, 0], [1, 0]] });
/** The bias of the second step. It makes one number of the output negative and one 0. */
export const BIAS = -6;
/** A seven, five cells high, and a filter that answers differently when it is turned by 180°. */
export const SEVEN = Object.freeze({ image: [[1, 1, 1, 1, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]], kernel: [[1, 2], [-1, 2]], bias: 1 });
