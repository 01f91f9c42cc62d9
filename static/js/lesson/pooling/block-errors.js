/** Common mistakes in max pooling of a 2 × 2 block: the wrong number that each mistake leads to, and a hint. No DOM access. */
import { windowOf } from "../shared/arithmetic.js";
import { placeName } from "../shared/window-errors.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * The question for the number at (row, col) of max pooling of `image` with a 2 × 2 window and stride 2: { answer, tolerance,
 * slips, otherwise }, where slips is [{ value, says }]. If two mistakes give the same number, the hint contains both.
 */
export function question(image, row, col) {
  const block = (r, c, stride = 2) => windowOf(image, r * stride, c * stride, 2, 2).flat();
  const [down, across] = [Math.floor(image.length / 2), Math.floor(image[0].length / 2)];
  const own = block(row, col);
  const answer = Math.max(...own);
  const here = placeName(row, col, down, across);
  const others = Array.from({ length: down * across }, (_, i) => [Math.floor(i / across), i % across]).filter(([r, c]) => r !== row || c !== col);
  const found = [
    [sum(own) / 4, "That is the mean of the four. Max pooling keeps the largest."],
    [sum(own), "That is the sum of the four. Do not add them up: only the largest is kept."],
    [Math.min(...own), "That is the smallest of the four. Max pooling keeps the largest."],
    ...others.map(([r, c]) => [Math.max(...block(r, c)), `That is the largest of the block at the ${placeName(r, c, down, across)}. Here, the block is at the ${here}.`]),
    ...[0, 1].map((i) => [Math.max(...image[2 * row + i]), "That is the largest of a whole row. Only the four numbers of the block count."]),
    ...[0, 1].map((i) => [Math.max(...image.map((line) => line[2 * col + i])), "That is the largest of a whole column. Only the four numbers of the block count."]),
    [Math.max(...block(row, col, 1)), "You moved the window by one cell. With stride 2, it moves by two cells, so the blocks do not overlap."],
    [own[0], "That is the first number of the block. Look for the largest of the four."],
    ...own.map((value) => [value, "That is one of the block’s four numbers, but not the largest."]),
  ];
  const slips = [];
  for (const [value, says] of found) {
    if (value === answer) continue;
    const same = slips.find((slip) => slip.value === value);
    if (!same) slips.push({ value, says, count: 1 });
    else if (same.count < 2 && !same.says.includes(says) && !says.includes("one of the block’s")) Object.assign(same, { says: `${same.says} Or: ${says}`, count: 2 });
  }
  return { answer, tolerance: 0.005, slips, otherwise: "The answer is one of the four numbers of the block." };
}
