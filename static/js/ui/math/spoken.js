/** Formulas in words, for screen readers that do not read MathML. */
const WORDS = { "∑": "the sum", "·": "times", "⊙": "times, element by element,", "−": "minus", "+": "plus", "=": "equals", "≤": "at most", "<": "less than", "/": "divided by", "←": "becomes", "→": "becomes", "⌊": "the integer part of (", "⌋": ")" };

const group = (text) => (text.includes(" ") ? `(${text})` : text);

/** The words of a MathML element. */
export function spokenFormula(node) {
  if (node.children.length === 0) return WORDS[node.textContent] ?? node.textContent;
  const parts = [...node.children].map(spokenFormula);
  const [base, first, second] = parts.map((part, i) => (i ? group(part) : part));
  switch (node.localName) {
    case "msub":
      return `${base} sub ${first}`;
    case "msup":
      return `${base} to the power of ${first}`;
    case "msubsup":
      return `${base} sub ${first} to the power of ${second}`;
    case "munder":
      return `${base} over ${parts[1]} of`;
    case "mover":
      return `${base} with ${first} above`;
    case "munderover":
      return `${base} over ${parts[1]} to ${parts[2]} of`;
    case "mfrac":
      return `${group(base)} divided by ${first}`;
    case "msqrt":
      return `the square root of ${group(parts.join(" "))}`;
    default:
      return parts.filter((part) => part !== "").join(" ").replaceAll(" ,", ",").replaceAll("( ", "(").replaceAll(" )", ")");
  }
}
