/**
 * Softmax: ten logits, their exponentials and the division; also with a constant added to all logits, with the largest
 * subtracted, and with a temperature.
 */
import { el, setText } from "../../ui/dom.js";
import { formula } from "../../ui/math/formula.js";
import { createRefusal } from "../../ui/messages.js";
import { readNumber } from "../../core/input.js";
import { call, make, num, op, power, row } from "../../ui/math/mathml.js";
import { indexOfLargest } from "../../core/statistics.js";
import { equalsSign, equation, percent, printed, withDecimals } from "../../core/text.js";
import { choice, decimal, list, optional, whole } from "../../core/links/setting-fields.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { EXAMPLE, computeBothWays, programsOf, written } from "./worked-softmax.js";

export const STEPS = Object.freeze({
  example: "ten logits z, their exponentials eᶻ, the division",
  yours: "the logits of the student’s digit, live",
  constant: "a constant added to all logits changes no probability",
  maximum: "1,000 added to all logits: why programs subtract the largest first",
  temperature: "the temperature of the loaded weights",
});

const LOGITS = 40; // the sliders go from −LOGITS to LOGITS; a network's logits are rarely larger
const CONSTANT = 20;
const COLDEST = 0.1;
const HOTTEST = 5;
const LARGEST = 1e6; // limit for typed numbers
const SMALLEST = 0.0001; // limit for a typed temperature
const HUGE = 1000; // e^1000 is larger than any float64
const DIGITS = [...Array(10).keys()];
const SOURCES = { example: "an example", yours: "your digit, live", typed: "your own numbers" };

export function mount(root, lesson) {
  let source = "example";
  let z = [...EXAMPLE];
  let c = 0;
  let T = 1;
  let chosen = null; // the digit whose division is written out; null for the most likely digit
  const served = lesson.temperature;

  root.querySelector("#softmax-formula").append(formula("softmax", 1), el("span", { class: "formula-and" }, "with a temperature:"), formula("softmax", null));

  // -------------------------------------------------------------- controls

  const switches = Object.entries(SOURCES).map(([name, words]) => {
    const input = el("input", { type: "radio", name: "softmax-source", value: name, checked: name === source });
    input.addEventListener("change", () => useSource(name));
    return el("label", {}, input, words);
  });
  const refusals = { c: createRefusal(), T: createRefusal(), z: createRefusal() };
  const constant = control("softmax-constant", -CONSTANT, CONSTANT, 0.1, (value) => {
    c = value;
    paint();
  }, { name: "The constant c", refusal: refusals.c });
  const temperature = control("softmax-temperature", COLDEST, HOTTEST, 0.01, (value) => {
    T = value;
    paint();
  }, { name: "The temperature T", smallest: SMALLEST, refusal: refusals.T });
  const huge = el("button", { type: "button", class: "quiet" });
  huge.addEventListener("click", () => {
    c = c === HUGE ? 0 : HUGE;
    paint();
  });
  const atOne = temperatureButton(1, "1 (plain formula)");
  const atServed = served === 1 ? null : temperatureButton(served, `${served} (for these weights)`);
  const mark = el("span", { class: "softmax-mark", "aria-hidden": "true" });
  mark.style.left = `calc(8px + ${Math.min(Math.max((served - COLDEST) / (HOTTEST - COLDEST), 0), 1)} * (100% - 16px))`;
  temperature.track.append(mark);
  const saysConstant = el("p", { class: "softmax-note", role: "status" });
  const saysTemperature = el("p", { class: "softmax-note", role: "status" });

  function temperatureButton(value, words) {
    const button = el("button", { type: "button", class: "quiet" }, words);
    button.addEventListener("click", () => {
      T = value;
      paint();
    });
    return button;
  }

  // -------------------------------------------------------------- the two tables

  const math = (...parts) => make("math", ...parts);
  const x = () => make("mi", "x");
  const head = (...cells) => el("thead", {}, el("tr", {}, ...cells));
  const column = (content, part) => el("th", { scope: "col", "data-part": part }, content);
  const italic = (name) => el("i", {}, name);
  const exponential = (...exponent) => el("span", {}, italic("e"), el("sup", {}, ...exponent));

  const rows = DIGITS.map((digit) => {
    const logit = control(`softmax-z${digit}`, -LOGITS, LOGITS, 0.1, (value) => {
      z = z.map((old, i) => (i === digit ? value : old));
      chosen = digit;
      choose("typed");
      paint();
    }, { label: `Logit of digit ${digit}`, refusal: refusals.z });
    const name = el("button", { type: "button", "aria-label": `Write out the division for digit ${digit}` }, digit);
    name.addEventListener("click", () => {
      chosen = digit;
      paint();
    });
    const [exponent, raised, p, shifted, lowered, stable] = ["T", "P", "O", "T", "P", "O"].map((part) => el("td", { "data-part": part }));
    const fill = el("span", {});
    const row = el("tr", {}, el("th", { scope: "row" }, name), el("td", { "data-part": "I" }, el("span", { class: "softmax-logit" }, logit.track, logit.box)), exponent, raised, p);
    const twin = el("tr", {}, el("th", { scope: "row" }, digit), shifted, lowered, stable, el("td", { class: "softmax-bar", "aria-hidden": "true" }, fill));
    return { row, twin, name, logit, exponent, raised, p, shifted, lowered, stable, fill };
  });
  const [sum, total, loweredSum, stableTotal] = ["P", "O", "P", "O"].map((part) => el("td", { "data-part": part }));
  const plain = el("table", { class: "softmax-table" },
    el("caption", {}, "The formula as written, ", math(x(), op("="), row(op("("), make("mi", "z"), op("+"), make("mi", "c"), op(")")), op("/"), make("mi", "T"))),
    head(column("digit"), column(el("span", {}, "logit ", italic("z")), "I"), column(italic("x"), "T"), column(exponential(italic("x")), "P"), column(el("span", {}, "σ(", italic("x"), ")"), "O")),
    el("tbody", {}, ...rows.map(({ row: line }) => line)),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colSpan: 3 }, "sum of the ten"), sum, total)));
  const stable = el("table", { class: "softmax-table" },
    el("caption", {}, "As programs do it: subtract the largest x first"),
    head(column("digit"), column(el("span", {}, italic("x"), " − max"), "T"), column(exponential(italic("x"), " − max"), "P"), column(el("span", {}, "σ(", italic("x"), ")"), "O"), el("td", {})),
    el("tbody", {}, ...rows.map(({ twin }) => twin)),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colSpan: 2 }, "sum of the ten"), loweredSum, stableTotal, el("td", {}))));
  const division = el("p", { class: "softmax-division formula" });
  const saysMaximum = el("p", { class: "says", role: "status" });
  const saysService = el("p", { class: "says" });

  root.querySelector(".widget").append(
    el("fieldset", { class: "controls softmax-sources" }, el("legend", {}, "Logits:"), ...switches),
    el("div", { class: "softmax-control" }, el("label", { for: "softmax-constant" }, "added constant ", math(make("mi", "c"))), constant.track, constant.box, huge, refusals.c.node, saysConstant),
    el("div", { class: "softmax-control" }, el("label", { for: "softmax-temperature" }, "temperature ", math(make("mi", "T"))), temperature.track, temperature.box, el("span", { class: "softmax-presets" }, atOne, ...(atServed ? [atServed] : [])), refusals.T.node, saysTemperature),
    el("div", { class: "softmax-tables" }, plain, stable),
    refusals.z.node, division, saysMaximum, saysService,
  );
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch"], () => programsOf({ z, c, T, digit: shownDigit() }), lesson);

  /**
   * A slider and a box for the same number. The box accepts numbers from `smallest` to LARGEST, also outside the slider's range.
   * `changed(value)` is called with each new number. The message about a refused text begins with `name`.
   */
  function control(id, min, max, step, changed, { label, name = label, smallest = -LARGEST, refusal }) {
    const slider = el("input", { type: "range", id, min, max, step, "aria-label": label });
    const box = el("input", { type: "number", step: "any", "aria-label": label ? `${label}, as a number` : id.replace("softmax-", "As a number: ") });
    let current = 0;
    const read = () => readNumber(box.value, { label: name, kept: current, min: smallest, max: LARGEST, strict: true });
    slider.addEventListener("input", () => {
      refusal.say(box, "");
      changed(slider.valueAsNumber);
    });
    box.addEventListener("input", () => {
      const { value } = read();
      if (value === null) return;
      refusal.say(box, "");
      changed(value);
    });
    box.addEventListener("change", () => {
      const { value, says } = read();
      if (value === null) box.value = String(Number(current.toFixed(4))); // the last good number
      if (says) refusal.say(box, says);
    });
    box.addEventListener("blur", () => paint());
    const track = el("span", { class: "softmax-track" }, slider);
    return {
      track,
      box,
      show(value) {
        current = value;
        slider.value = value;
        if (document.activeElement !== box) box.value = String(Number(value.toFixed(4))); // do not change text while it is typed
      },
    };
  }

  // -------------------------------------------------------------- what is shown

  const shownDigit = () => chosen ?? indexOfLargest(z);

  function choose(name) {
    source = name;
    for (const { firstChild } of switches) firstChild.checked = firstChild.value === name;
  }

  /** Use another source of logits. For the student's digit, also set T to that of the service, so that the results agree. */
  function useSource(name) {
    choose(name);
    if (name !== "typed") chosen = null;
    if (name === "example") [z, c, T] = [[...EXAMPLE], 0, 1];
    if (name === "yours") [c, T] = [0, served];
    show();
  }

  function paint() {
    const { exponents, largest, naive, safe } = computeBothWays(z, c, T);
    const digit = shownDigit();
    constant.show(c);
    temperature.show(T);
    for (const [i, row] of rows.entries()) {
      row.logit.show(z[i]);
      writeCell(row.exponent, exponents[i]);
      writeCell(row.raised, naive.powers[i]);
      writeCell(row.p, naive.shares[i]);
      writeCell(row.shifted, exponents[i] - largest);
      writeCell(row.lowered, safe.powers[i]);
      writeCell(row.stable, safe.shares[i]);
      row.fill.style.transform = `scaleX(${safe.shares[i].toFixed(4)})`;
      for (const line of [row.row, row.twin]) line.classList.toggle("chosen", i === digit);
      row.name.setAttribute("aria-pressed", String(i === digit));
    }
    for (const [cell, values, all] of [[sum, naive.powers, naive.sum], [total, naive.shares, naive.total], [loweredSum, safe.powers, safe.sum], [stableTotal, safe.shares, safe.total]]) {
      writeCell(cell, all, sumOf(values, all));
    }
    writeDivision(digit, naive, safe);
    say({ largest, naive });
    setText(huge, c === HUGE ? "back to 0" : "c = 1,000");
    atOne.setAttribute("aria-pressed", String(T === 1));
    atServed?.setAttribute("aria-pressed", String(T === served));
    programs.refresh();
  }

  function writeCell(cell, value, text = written(value)) {
    setText(cell, text);
    cell.classList.toggle("broken", !Number.isFinite(value));
  }

  /** The sum of a column as text, with "≈" if the numbers in the column do not add up to it as they are printed. */
  function sumOf(values, all) {
    const text = withDecimals(all, 4);
    return Number.isFinite(all) ? equation(values.reduce((part, value) => part + printed(value, written), 0), text).replace("= ", "") : text;
  }

  /** The division with its numbers: the formula as written if its result is finite, else with the largest x subtracted. */
  function writeDivision(digit, naive, safe) {
    const works = Number.isFinite(naive.shares[digit]);
    const { powers, sum: whole, shares } = works ? naive : safe;
    const raised = (index) => power(row(make("msub", x(), index), ...(works ? [] : [op("−"), make("mi", "max")])));
    const letters = make("mfrac", raised(num(digit)), row(op("∑"), raised(make("mi", "i"))));
    const numbers = make("mfrac", num(written(powers[digit])), num(written(whole)));
    const line = math(make("msub", call("σ", make("mi", "x")), num(digit)), op("="), letters, op(printed(whole, written) === whole && printed(powers[digit], written) === powers[digit] ? "=" : "≈"), numbers, op(equalsSign(printed(powers[digit], written) / printed(whole, written), written(shares[digit]))), num(written(shares[digit])));
    line.setAttribute("displaystyle", "true");
    division.replaceChildren(line);
  }

  function say({ largest, naive }) {
    const factor = Math.exp(c / T);
    setText(saysConstant, c === 0
      ? "Nothing is added: x = z / T."
      : `Every exponential, and so their sum, is multiplied by e to the power of c / T${factor > 0 && Number.isFinite(factor) ? `, which is about ${written(factor)}` : ", a number that the computer cannot store"}. This factor cancels in the fraction, so the probabilities do not change.`);
    const spread = T === 1 ? "T = 1: the plain formula." : T > 1 ? "T is above 1: the probabilities are more equal than with T = 1." : "T is below 1: the largest probability is larger than with T = 1.";
    const own = served === 1
      ? "These weights have no temperature of their own, so the service uses T = 1."
      : `The service uses T = ${served} for these weights. This T was chosen on digits that were not used in training, so that about 90 % of the answers with a confidence of 90 % are correct.`;
    setText(saysTemperature, `${spread} ${own}`);
    const limit = Math.floor(Math.log(Number.MAX_VALUE));
    const broken = !Number.isFinite(naive.total);
    saysMaximum.classList.toggle("warn", broken);
    setText(saysMaximum, !broken
      ? `The largest x is ${written(largest)}. The computer can store e to the power of x up to about x = ${limit}; for a larger x, the result is Infinity. Subtracting the largest x from all ten is the same as adding a constant: the probabilities do not change, and no exponential is above 1.`
      : naive.sum === 0
        ? "All ten exponentials are so small that the computer stores 0, and 0 / 0 is not a number (NaN). If the largest x is subtracted first, one exponential is always 1, so the sum is never 0."
        : `e to the power of ${written(largest)} is larger than the largest number that the computer can store, about ${written(Number.MAX_VALUE)}. The result is Infinity, and Infinity / Infinity is not a number (NaN). If the largest x is subtracted first, no exponential is above 1.`);
    setText(saysService, serviceSays());
  }

  function serviceSays() {
    const { answer } = lesson.state;
    if (source !== "yours") return "";
    if (!answer) return "There is no answer from the service yet.";
    const { digit, confidence, verdict } = answer.prediction;
    if (verdict === "blank") return "Nothing is drawn: these are the logits of an empty image, and the service gives no digit as its answer.";
    const same = T === served ? "The page computes the same; c makes no difference." : `It uses T = ${served}.`;
    return `The service says ${digit}, ${percent(confidence)}${answer.exact ? "" : " (approximately, while you draw)"}. ${same}`;
  }

  function show() {
    const { answer } = lesson.state;
    if (source === "yours" && answer) z = Array.from(answer.activations.logits);
    const digit = answer?.prediction.digit ?? null;
    root.querySelector(".onwards a").href = lesson.toNetwork({ path: digit === null ? [] : [{ layer: "probabilities", map: 0, row: digit, col: 0 }] });
    paint();
  }

  const number = decimal(-LARGEST, LARGEST);
  const settings = {
    fields: { logits: choice(Object.keys(SOURCES)), z: optional(list(DIGITS.map(() => number))), c: number, T: decimal(SMALLEST, LARGEST), digit: optional(whole(0, 9)) },
    // Only typed logits go into the link: the example's are known, and those of the student's digit follow from the drawing.
    get: () => ({ logits: source, z: source === "typed" ? z : null, c, T, digit: chosen }),
    set({ logits, z: typed, ...more }) {
      choose(logits);
      if (logits !== "yours") z = typed ?? [...EXAMPLE];
      ({ c, T, digit: chosen } = more);
      show();
    },
  };

  paint();
  return {
    show,
    settings: combine([settings, programs.settings]),
    go(step) {
      useSource(step === "yours" || step === "temperature" ? "yours" : "example");
      if (step === "constant") c = 3;
      if (step === "maximum") c = HUGE;
      paint();
    },
  };
}
