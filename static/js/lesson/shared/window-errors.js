/** Common mistakes in the sum over one window: the wrong number that each mistake leads to, and a hint. No DOM access. */
import { flipped, weighted, windowOf } from "./arithmetic.js";
import { plain } from "../../core/text.js";

const places = [["upper left", "upper right"], ["lower left", "lower right"]];

/** The name of a place in a 2 × 2 output; for other sizes, its row and column. */
export const placeName = (row, col, rows = 2, cols = 2) => (rows === 2 && cols === 2 ? places[row][col] : `row ${row}, column ${col}`);

/**
 * The question for the number at (row, col) of the cross-correlation plus bias: { answer, tolerance, slips }, where slips is
 * [{ value, says }]. If two mistakes give the same number, the hint contains both. With a bias of 0, no hint mentions it.
 */
export function question(image, kernel, bias, row, col) {
  const [rows, cols] = [kernel.length, kernel[0].length];
  const [down, across] = [image.length - rows + 1, image[0].length - cols + 1];
  const seen = windowOf(image, row, col, rows, cols);
  const sum = weighted(seen, kernel);
  const count = rows * cols;
  const turned = weighted(seen, flipped(kernel));
  const TURNED = "You turned the filter by 180°: that is a true convolution. Here, use the filter as it is.";
  const MEAN = "That is a mean. Do not divide: just add up the products.";
  const found = [
    ...(bias === 0 ? [] : [[sum, `That is the sum of the products. Now add the bias ${plain(bias)}.`]]),
    [turned + bias, TURNED],
    ...(bias === 0 ? [] : [[turned, `${TURNED} And the bias is missing.`]]),
    ...Array.from({ length: down * across }, (_, i) => [Math.floor(i / across), i % across])
      .filter(([r, c]) => r !== row || c !== col)
      .map(([r, c]) => [weighted(windowOf(image, r, c, rows, cols), kernel) + bias, `That is the output for the window at the ${placeName(r, c, down, across)}. Here, the window is at the ${placeName(row, col, down, across)}.`]),
    [sum / count + bias, MEAN],
    [(sum + bias) / count, MEAN],
    [sum / count, MEAN],
    [seen.flat().reduce((total, value) => total + value, bias), "You added up the numbers of the window. First multiply each number by the filter number in the same place."],
    ...(rows === cols ? [[weighted(seen, transposed(kernel)) + bias, "You swapped the rows and columns of the filter. Read the filter row by row, like the window."]] : []),
    [weighted(seen, kernel.map((line) => line.map(Math.abs))) + bias, "You lost a minus sign: a positive number times a negative number is negative."],
    ...(bias === 0 ? [] : [[sum + count * bias, "Add the bias only once, not to each product."], [sum - bias, "Add the bias, do not subtract it."]]),
  ];
  const answer = sum + bias;
  const slips = [];
  for (const [value, says] of found) {
    if (Math.abs(value - answer) < 0.01) continue; // with some numbers, a mistake makes no difference
    const same = slips.find((slip) => Math.abs(slip.value - value) < 0.01);
    if (!same) slips.push({ value, says });
    else if (!same.says.includes(says)) same.says += ` Or: ${says}`;
  }
  return { answer, tolerance: 0.005, slips };
}

const transposed = (matrix) => matrix[0].map((_, col) => matrix.map((line) => line[col]));
