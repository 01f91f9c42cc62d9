/**
 * The calculation of every cell, number by number, and the strongest path from the prediction back to the ink. The sums are
 * computed in float64 from the network's weights and activations; they differ from the service's float32 only by rounding.
 * Nothing here touches the document.
 */
import { byName, greyLevels, indexOf, LAYERS } from "../layers.js";

const KERNEL = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j]));
const WINDOW = [0, 1].flatMap((i) => [0, 1].map((j) => [i, j]));

/** The layer before the layer `name`. */
export const before = (name) => LAYERS[LAYERS.indexOf(byName[name]) - 1];

/** The cell with this index in a layer that is a list. */
export function cellOf(name, index) {
  const layer = byName[name];
  return { layer: name, map: 0, row: Math.floor(index / layer.cols), col: index % layer.cols };
}

const valueOf = (cell, activations) => activations[cell.layer][indexOf(byName[cell.layer], cell)];

/**
 * The calculation of a cell, by the kind of its layer. `value` is the service's number for the cell, which all pages show;
 * `computed` is the result of this calculation, which may differ from it in the last digits. Operands have their `cell` and
 * its `value`.
 *
 *   input        { grey }
 *   convolution  { channels: [{ channel, terms: [{ i, j, cell, value, weight, product } × 9], sum }], order, bias }
 *                `order` has the channels by the magnitude of their sums, the largest first
 *   relu         { source: { cell, value } }
 *   max_pool     { terms: [{ i, j, cell, value } × 4], winner }
 *   flatten      { source, map, row, col }
 *   linear       { terms: [{ cell, value, weight, product }], the largest product first, bias }
 *   softmax      { terms: [{ cell, value, scaled, power }], temperature, largest, sum, own }
 *                `scaled` is the logit divided by the temperature, `largest` the largest of those
 *
 * `temperature` is T in softmax(logits / T); 1 for weights that are not calibrated.
 */
export function calculate(cell, activations, weights, temperature = 1) {
  const kind = byName[cell.layer].kind;
  const { value: computed, ...parts } = CALCULATE[kind](cell, activations, weights, temperature);
  return { kind, cell, ...parts, computed, value: valueOf(cell, activations) };
}

const operand = (cell, activations) => ({ cell, value: valueOf(cell, activations) });
const sumOf = (terms) => terms.reduce((sum, { product }) => sum + product, 0);
const bySize = (of) => (a, b) => Math.abs(of(b)) - Math.abs(of(a));

const CALCULATE = {
  input(cell, a) {
    const value = valueOf(cell, a);
    return { value, grey: greyLevels([value])[0] };
  },

  convolution({ layer, map, row, col }, a, weights) {
    const source = before(layer);
    const bias = weights.bias(layer, map);
    const channels = Array.from({ length: source.maps }, (_, channel) => {
      const kernel = weights.kernel(layer, map, channel);
      const terms = KERNEL.map(([i, j], at) => {
        const from = operand({ layer: source.name, map: channel, row: row + i, col: col + j }, a);
        return { i, j, ...from, weight: kernel[at], product: from.value * kernel[at] };
      });
      return { channel, terms, sum: sumOf(terms) };
    });
    const order = channels.map(({ channel }) => channel).sort((p, q) => bySize((c) => channels[c].sum)(p, q) || p - q);
    return { channels, order, bias, value: channels.reduce((sum, channel) => sum + channel.sum, bias) };
  },

  relu(cell, a) {
    const source = operand({ ...cell, layer: before(cell.layer).name }, a);
    return { source, value: Math.max(0, source.value) };
  },

  max_pool({ layer, map, row, col }, a) {
    const from = before(layer).name;
    const terms = WINDOW.map(([i, j]) => ({ i, j, ...operand({ layer: from, map, row: 2 * row + i, col: 2 * col + j }, a) }));
    const value = Math.max(...terms.map((term) => term.value));
    return { terms, winner: terms.findIndex((term) => term.value === value), value };
  },

  flatten(cell, a) {
    const index = indexOf(byName.flatten, cell);
    const { name, rows, cols } = before(cell.layer);
    const place = { map: Math.floor(index / (rows * cols)), row: Math.floor((index % (rows * cols)) / cols), col: index % cols };
    const source = operand({ layer: name, ...place }, a);
    return { source, index, ...place, value: source.value };
  },

  linear(cell, a, weights) {
    const unit = indexOf(byName[cell.layer], cell);
    const from = before(cell.layer).name;
    const row = weights.row(cell.layer, unit);
    const terms = Array.from(row, (weight, i) => {
      const source = operand(cellOf(from, i), a);
      return { ...source, weight, product: source.value * weight };
    });
    const bias = weights.bias(cell.layer, unit);
    const value = terms.reduce((sum, { product }) => sum + product, bias);
    return { terms: terms.sort(bySize(({ product }) => product)), bias, value };
  },

  softmax(cell, a, weights, temperature) {
    const largest = Math.max(...a.logits) / temperature;
    const terms = Array.from(a.logits, (value, i) => {
      const scaled = value / temperature;
      return { cell: cellOf("logits", i), value, scaled, power: Math.exp(scaled - largest) };
    });
    const sum = terms.reduce((total, { power }) => total + power, 0);
    const own = terms[indexOf(byName.probabilities, cell)];
    return { terms, temperature, largest, sum, own, value: own.power / sum };
  },
};

/** The operands of a calculation, in the order in which they are shown. */
export function operands(calculation) {
  const { kind, channels, order, source, terms } = calculation;
  if (kind === "convolution") return order.flatMap((channel) => channels[channel].terms);
  return source ? [source] : (terms ?? []);
}

/**
 * The operand with the largest contribution to the number: for a sum the largest product with the sign of the sum, for a
 * convolution in the channel with the largest sum of that sign; for pooling the winner; otherwise the only operand. Null for
 * the input.
 */
export function strongest(calculation) {
  const { kind, source, channels, winner, own, value } = calculation;
  if (kind === "input") return null;
  if (kind === "max_pool") return calculation.terms[winner].cell;
  if (kind === "softmax") return own.cell;
  if (source) return source.cell;
  const way = value < 0 ? -1 : 1;
  const most = (list, of) => list.reduce((best, next) => (way * of(next) > way * of(best) ? next : best));
  const terms = kind === "convolution" ? most(channels, ({ sum }) => sum).terms : calculation.terms;
  return most(terms, ({ product }) => product).cell;
}
