/**
 * Settings of a page's widgets as text, for links. A field is { write(value), read(text), must }: read() returns undefined for a
 * text that is not one of its values, and `must` says what the value must be. Texts need no escape in an address.
 */

const WHOLE = /^-?\d{1,9}$/;
const DECIMAL = /^-?\d{1,16}(\.\d{1,20})?(e-\d{1,2})?$/;

/** The number in a text, with 0 instead of −0; undefined if the text does not match the pattern. */
const parsed = (text, pattern) => (pattern.test(text) ? Number(text) + 0 : undefined);
const within = (value, min, max) => (value !== undefined && value >= min && value <= max ? value : undefined);

export const whole = (min, max) => ({
  write: String,
  read: (text) => within(parsed(text, WHOLE), min, max),
  must: `a whole number from ${min} to ${max}`,
});

export const decimal = (min, max) => ({
  write: String,
  read: (text) => within(parsed(text, DECIMAL), min, max),
  must: `a number from ${min} to ${max}`,
});

/** One of several values, each with a text of its own. */
export const choice = (values) => ({
  write: String,
  read: (text) => values.find((value) => String(value) === text),
  must: `one of ${values.join(", ")}`,
});

export const flag = choice([false, true]);

/** A field that can also be null, for a value that the widget chooses. */
export const optional = ({ write, read, must }) => ({
  write: (value) => (value === null ? "none" : write(value)),
  read: (text) => (text === "none" ? null : read(text)),
  must: `${must}, or none`,
});

/** A list with one value for each of `fields`: 12_5. */
export const list = (fields) => ({
  write: (values) => values.map((value, i) => fields[i].write(value)).join("_"),
  read(text) {
    const parts = text.split("_");
    if (parts.length !== fields.length) return undefined;
    const values = parts.map((part, i) => fields[i].read(part));
    return values.includes(undefined) ? undefined : values;
  },
  must: fields.length === 2 ? `two numbers such as ${fields.map(() => 1).join("_")}, each in its range` : `${fields.length} numbers with _ between them`,
});

/** The row and column of a cell, counted from 0: 12_5. */
export const place = (rows, cols) => ({ ...list([whole(0, rows - 1), whole(0, cols - 1)]), must: `a row from 0 to ${rows - 1} and a column from 0 to ${cols - 1}, such as 1_0` });

/** A matrix of `rows` by `cols` numbers, each range [min, max]; `most` is the largest magnitude of a number: 1_0_-1~2_0_-2. */
export function matrix(rows, cols, most) {
  const cell = decimal(-most, most);
  return {
    write: (values) => values.map((row) => row.map(cell.write).join("_")).join("~"),
    read(text) {
      const values = text.split("~").map((row) => row.split("_").map(cell.read));
      const right = within(values.length, ...rows) && within(values[0].length, ...cols) && values.every((row) => row.length === values[0].length && !row.includes(undefined));
      return right ? values : undefined;
    },
    must: `${rows.join(" to ")} rows of ${cols.join(" to ")} numbers from ${-most} to ${most}, such as 1_0~-1_2`,
  };
}
