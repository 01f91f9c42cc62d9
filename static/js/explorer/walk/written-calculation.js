/**
 * A calculation written out with its numbers. Every operand that is a cell is a button that leads to it; every part has its
 * letter of the formula as data-part.
 */
import { colourOf, css, textColourOn, palette, range } from "../../core/colour.js";
import { el } from "../../ui/dom.js";
import { byName, indexOf, LAYERS, MEAN, STD } from "../../core/layers.js";
import { sameCell } from "../../core/walk/path.js";
import { FACTS } from "../../core/service-facts.js";
import { before } from "../../core/walk/calculation.js";
import { splitNouns } from "./layer-text.js";
import { equalsSign, number, place, printed, subscript, sumSign, whole } from "../../core/text.js";

const SHOWN = 10; // products of a dense unit that are written out; the others are added up

/**
 * The elements for `calculation`. `context` has { activations, scale, theme, channel, strongest, open(channel) } and
 * `link(button, cell)`, which makes a button lead to a cell. With `asking` they show neither the result nor anything that reveals it.
 */
export function write(calculation, context) {
  return WRITE[calculation.kind](calculation, context);
}

const ROUNDED = "Shown to four decimals, so ≈.";

/** A letter of the formula beside its numbers: pointing at it highlights them, here and in their layer. */
const letter = (name, means = name) => el("button", { type: "button", class: "letter", "data-means": means }, name);

/** A sentence whose nouns are buttons that highlight what they name. */
export const sentence = (text) =>
  splitNouns(text).map(({ text: words, lights }) => (lights ? el("button", { type: "button", class: "noun", "data-lights": lights }, words) : words));

const op = (sign) => el("span", { class: "op", "aria-hidden": "true" }, sign);

function paint(node, value, ends, colours) {
  const colour = colourOf(value, ends, colours);
  node.style.background = css(colour);
  node.style.color = textColourOn(colour);
  return node;
}

/** The number of a cell, as a button that leads to the cell. */
function operand({ cell, value }, context, { part = "I", colour = true } = {}) {
  const strongest = context.strongest && sameCell(cell, context.strongest);
  const layer = byName[cell.layer];
  const button = el("button", { type: "button", class: strongest ? "num strongest" : "num", "data-part": part, title: `Go to ${subscript(layer, cell)}${strongest ? ", the largest contribution" : ""}` }, number(value));
  button.setAttribute("aria-label", `${number(value)}, go to ${layer.name} ${place(layer, cell)}`);
  if (colour) {
    const ends = range(layer, context.activations[cell.layer], context.scale, cell.map);
    paint(button, value, ends, palette(layer, context.theme));
  }
  context.link(button, cell);
  return button;
}

const result = (value, { asking }, part = "O") => el("b", { class: asking ? "num result asked" : "num result", "data-part": part }, asking ? "?" : number(value));

/** Nine or four values as a small table with a caption; `name` is the letter of the formula, by default that of the part. */
function grid(caption, part, side, cells, name = part) {
  const rows = Array.from({ length: side }, (_, i) => el("tr", {}, ...cells.slice(i * side, (i + 1) * side).map((cell) => el("td", {}, cell))));
  return el("table", { class: "grid", "data-part": part }, el("caption", {}, ...(part === "P" ? [] : [letter(name, part), " "]), caption), el("tbody", {}, ...rows));
}

/** A line of the sum: a name and its number. `means` is the letter of the result, O by default. */
const line = (name, value, part, means = "O") =>
  el("p", part ? { "data-part": part } : {}, el("span", { class: "name" }, name, ...(part === "b" ? [letter("b")] : part === "O" ? [" ", letter(means, "O")] : [])), value);

const small = (value, ends, theme, part) => paint(el("span", { class: "num", "data-part": part }, number(value)), value, ends, palette({ signed: true }, theme));

/** Window ⊙ filter = products, for one channel. */
function products({ channel, terms }, deep, calculation, context) {
  const { theme } = context;
  const source = before(calculation.cell.layer).name;
  const weights = terms.map((term) => term.weight);
  const most = (values) => Math.max(...values.map(Math.abs), 1e-12);
  const [w, p] = [most(weights), most(terms.map((term) => term.product))];
  const which = deep ? `, channel ${channel}` : "";
  return [
    grid(`${source}${deep ? `, map ${channel}` : ""}`, "I", 3, terms.map((term) => operand(term, context))),
    op("⊙"),
    grid(`filter ${calculation.cell.map}${which}`, "K", 3, weights.map((weight) => small(weight, [-w, w], theme, "K"))),
    op(terms.every(({ value, weight, product }) => printed(value) * printed(weight) === printed(product)) ? "=" : "≈"),
    grid("nine products", "P", 3, terms.map(({ product }) => small(product, [-p, p], theme, "P"))),
  ];
}

/** The next step, if it is a ReLU: max(0, O). */
function rectified({ cell, value }, context) {
  if (context.asking) return [];
  const after = LAYERS[LAYERS.indexOf(byName[cell.layer]) + 1];
  if (after.kind !== "relu") return [];
  return [line("max(0, O)", operand({ cell: { ...cell, layer: after.name }, value: Math.max(0, value) }, context, { part: "next", colour: false }))];
}

const WRITE = {
  input({ cell, value, grey }, context) {
    return [
      el("p", { class: "sentence" }, grey > 0 ? "You have reached the ink. The pixel in row " : "You have reached the image. There is no ink here. The pixel in row ", el("b", {}, cell.row), ", column ", el("b", {}, cell.col),
        ...sentence(" of the preprocessed image has grey level "), el("b", { class: "num", "data-part": "I" }, grey), " of 255. Subtract MNIST’s mean, then divide by MNIST’s standard deviation:"),
      el("p", { class: "worked" }, "(", el("span", { "data-part": "I" }, grey), `/255 − ${MEAN}) / ${STD} ${equalsSign((grey / 255 - MEAN) / STD, number(value))} `, result(value, context)),
      el("p", { class: "caption" }, "The red frame on your drawing marks this pixel."),
    ];
  },

  convolution(calculation, context) {
    const { channels, order, bias, value } = calculation;
    const deep = channels.length > 1;
    const shown = channels[deep ? context.channel : 0];
    const total = channels.reduce((sum, channel) => sum + channel.sum, 0);
    const sums = el("div", { class: "sums" },
      line(`${deep ? `sum, channel ${shown.channel}` : "sum of all nine"} ${sumSign(shown.terms.map(({ product }) => product), shown.sum)}`, el("b", { class: "num", "data-part": "P" }, context.asking && !deep ? "?" : number(shown.sum))),
      ...(deep ? [line(`all ${channels.length} channels`, el("b", { class: "num" }, number(total)))] : []),
      line("+ bias ", el("b", { class: "num", "data-part": "b" }, number(bias)), "b"),
      line(sumSign([total, bias], value), result(value, context), "O"),
      ...rectified(calculation, context),
      el("p", { class: "caption" }, deep ? ROUNDED : `Black is ${number((0 - MEAN) / STD)}. ${ROUNDED}`),
    );
    const work = el("div", { class: "work" }, ...products(shown, deep, calculation, context), sums);
    return deep ? [bars(calculation, context), work] : [work];
  },

  relu: ({ source, value }, context) => [el("p", { class: "worked" }, "max(0, ", operand(source, context), ") = ", result(value, context))],

  max_pool({ cell, terms, winner, value }, context) {
    const cells = terms.map((term, i) => {
      const button = operand(term, context);
      if (i === winner && !context.asking) button.classList.add("winner");
      return button;
    });
    const { cell: from } = terms[winner];
    const shared = terms.filter((term) => term.value === value).length > 1;
    return [
      el("div", { class: "work" },
        grid(`${from.layer}, map ${cell.map}`, "I", 2, cells, "A"), op("→"),
        el("div", { class: "sums" },
          line("the largest", result(value, context), "O", "P"),
          el("p", { class: "sentence" }, context.asking ? "Max pooling keeps one of the four." : value === 0 && shared
            ? "The first one counts as the largest."
            : `The largest comes from row ${from.row}, column ${from.col}. The other three are dropped, and later layers don’t know which of the four was the largest.`))),
    ];
  },

  flatten({ source, index, map, row, col, value }, context) {
    const { name, maps, rows, cols } = byName[source.cell.layer];
    return [
      el("p", { class: "worked" }, `${whole(index)} = ${rows * cols} · ${map} + ${cols} · ${row} + ${col}, so this number is a copy of ${name}[${map}, ${row}, ${col}]: `, operand(source, context), " → ", result(value, context)),
      el("p", { class: "sentence" }, ...sentence(`The ${maps} maps of ${name}, ${rows} × ${cols} each, become one list of ${maps} · ${rows} · ${cols} = ${whole(maps * rows * cols)} numbers: map by map and row by row, because dense1 needs a list.`)),
    ];
  },

  linear(calculation, context) {
    const { terms, bias, value } = calculation;
    const shown = terms.slice(0, SHOWN);
    const largest = shown.reduce((sum, { product }) => sum + product, 0);
    const rest = terms.slice(SHOWN).reduce((sum, { product }) => sum + product, 0);
    const p = Math.abs(terms[0].product) || 1;
    const list = el("ol", { class: "contributions" }, ...shown.map((term) => {
      const { cell, weight, product } = term;
      return el("li", {},
        el("span", { class: "name" }, subscript(byName[cell.layer], cell)),
        el("span", { class: "times" }, operand(term, context), "·", el("span", { class: "num", "data-part": "K" }, number(weight))),
        small(product, [-p, p], context.theme, "P"));
    }));
    const count = terms.length - shown.length;
    const zeros = terms.filter(({ product }) => product === 0).length;
    return [
      el("div", { class: "work" }, list,
        el("div", { class: "sums" },
          line(`ten largest ${sumSign(shown.map(({ product }) => product), largest)}`, el("b", { class: "num", "data-part": "P" }, number(largest))),
          line(`the other ${whole(count)}`, el("b", { class: "num" }, number(rest))),
          line("+ bias ", el("b", { class: "num", "data-part": "b" }, number(bias)), "b"),
          line(`${sumSign([largest, rest, bias], value)}${calculation.cell.layer === "dense1" ? "" : " logit"}`, result(value, context), "O"),
          ...rectified(calculation, context),
          el("p", { class: "caption" }, `${whole(zeros)} are 0. ${ROUNDED}`))),
    ];
  },

  softmax(calculation, context) {
    const { terms, temperature, sum, own, value } = calculation;
    const calibrated = temperature !== 1;
    const list = el("ol", { class: "powers" }, ...terms.map((term) => {
      const item = el("li", {},
        el("span", { class: "name" }, `z${indexOf(byName.logits, term.cell)}`),
        operand(term, context),
        ...(calibrated ? [el("span", { class: "num", "data-part": "T" }, number(term.scaled))] : []),
        el("span", { class: "num", "data-part": "P" }, number(term.power)));
      if (term === own) item.classList.add("winner");
      return item;
    }));
    const shown = calibrated ? "z/T" : "z";
    const temperatureLine = calibrated || FACTS.model.temperature !== 1
      ? [line("the temperature T", el("b", { class: "num", "data-part": "T" }, number(temperature)))]
      : [];
    const caption = calibrated
      ? "Below each logit: z/T, then e^(z/T − max); max is the largest z/T. T was calibrated on digits not used in training, so that answers with a confidence of 90 % are right nine times out of ten."
      : "Below each logit: e^(z − max); max is the largest logit.";
    return [
      el("div", { class: "work" },
        el("div", { class: "ten" }, list),
        el("div", { class: "sums" },
          ...temperatureLine,
          line(`e^(${shown} − max), z${indexOf(byName.logits, own.cell)}`, el("b", { class: "num", "data-part": "P" }, number(own.power))),
          line(`sum of all ten ${sumSign(terms.map(({ power }) => power), sum)}`, el("b", { class: "num" }, number(sum))),
          line(equalsSign(printed(own.power) / printed(sum), number(value)), result(value, context), "O", "σ(z)")),
        // The simple view frames no input at this step.
        el("p", { class: "caption" }, ...sentence(caption), el("span", { class: "full-only" }, ...sentence(" The frame on the drawing leaves out the last two rows and columns: pool2 drops the last row and column of relu2.")))),
    ];
  },
};

/** The sums of the 32 channels, the largest magnitude first; pressing one shows its nine products. */
function bars({ channels, order }, { channel, open, theme }) {
  const most = Math.max(...channels.map(({ sum }) => Math.abs(sum)), 1e-12);
  const colours = palette({ signed: true }, theme);
  const list = el("ol", { class: "channels", "aria-label": `Sums of the ${channels.length} channels, largest first` });
  list.append(el("li", { class: "caption", "aria-hidden": "true" }, "channels by sum"));
  for (const which of order) {
    const { sum } = channels[which];
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    bar.style.background = css(colourOf(sum, [-most, most], colours));
    bar.style.height = `${Math.max(1, Math.round((12 * Math.abs(sum)) / most))}px`;
    bar.classList.add(sum < 0 ? "below" : "above");
    const button = el("button", { type: "button", "aria-pressed": String(which === channel), title: `channel ${which}: ${number(sum)}` }, el("span", { class: "stand" }, bar), el("span", {}, which));
    button.setAttribute("aria-label", `channel ${which}: sum ${number(sum)}`);
    button.addEventListener("click", () => open(which));
    list.append(el("li", {}, button));
  }
  return el("div", { class: "channel-bars" }, list);
}
