/** What comes out of one window when something usual goes wrong, and what to say then. Nothing here touches the document. */
import { flipped, weighted, windowOf } from "./arithmetic.js";
import { plain } from "../../core/text.js";

const places = [["upper left", "upper right"], ["lower left", "lower right"]];

/** The name of a place in an output of 2 × 2, else its row and column. */
export const placeName = (row, col, rows = 2, cols = 2) => (rows === 2 && cols === 2 ? places[row][col] : `row ${row}, column ${col}`);

/**
 * For the number at (row, col) of the cross-correlation plus bias: { answer, slips }, slips as [{ value, says }]. Where two
 * slips lead to the same number, both are said.
 */
export function question(image, kernel, bias, row, col) {
  const [rows, cols] = [kernel.length, kernel[0].length];
  const [down, across] = [image.length - rows + 1, image[0].length - cols + 1];
  const seen = windowOf(image, row, col, rows, cols);
  const sum = weighted(seen, kernel);
  const count = rows * cols;
  const turned = weighted(seen, flipped(kernel));
  const TURNED = "The filter was turned by 180°: that is a true convolution. Here it is laid on as it stands.";
  const MEAN = "That is a mean. Nothing is divided here: the products are added up.";
  const found = [
    [sum, `That is the sum of the products; the bias ${plain(bias)} is still to be added.`],
    [turned + bias, TURNED],
    [turned, `${TURNED} And the bias is missing.`],
    ...Array.from({ length: down * across }, (_, i) => [Math.floor(i / across), i % across])
      .filter(([r, c]) => r !== row || c !== col)
      .map(([r, c]) => [weighted(windowOf(image, r, c, rows, cols), kernel) + bias, `That is the number of the window at the ${placeName(r, c, down, across)}. This one is at the ${placeName(row, col, down, across)}.`]),
    [sum / count + bias, MEAN],
    [(sum + bias) / count, MEAN],
    [sum / count, MEAN],
    [seen.flat().reduce((total, value) => total + value, bias), "Those are the window’s own numbers, added up. Each is multiplied by the filter’s number on it first."],
    ...(rows === cols ? [[weighted(seen, transposed(kernel)) + bias, "The filter’s rows and columns have changed places: read it row by row, as the window."]] : []),
    [weighted(seen, kernel.map((line) => line.map(Math.abs))) + bias, "A minus was lost: where the filter’s number is negative, so is the product."],
    [sum + count * bias, "The bias is added once, not to each product."],
    [sum - bias, "The bias is added, not taken off."],
  ];
  const answer = sum + bias;
  const slips = [];
  for (const [value, says] of found) {
    const same = slips.find((slip) => Math.abs(slip.value - value) < 0.01);
    if (!same) slips.push({ value, says });
    else if (!same.says.includes(says)) same.says += ` Or: ${says}`;
  }
  return { answer, tolerance: 0.005, slips };
}

const transposed = (matrix) => matrix[0].map((_, col) => matrix.map((line) => line[col]));
