/**
 * Finds faults in the layout of the page as it is shown now. Returns sentences, each once; none if the layout is sound.
 *
 *   overlap   two texts, or a text and a control or an image, of which neither contains the other
 *   cut off   a text or a control of which a part can neither be seen nor be scrolled to
 *   hidden    a panel that stays in its place covers a text or a control, however far the page is scrolled
 *   covered   something lies over a control, so that it cannot be pressed
 *   spills    a text that leaves its button or its panel
 *   small     a target under 24 × 24 CSS pixels, unless it is a word in a sentence (WCAG 2.5.8), or a text under 12 px
 *   sideways  the page itself scrolls sideways
 *   apart     a line can end between a number and its unit
 */
function layoutFaults() {
  const TARGET = 24; // CSS pixels
  const FONT = 12;
  const LEAST_SCROLLER = 44; // a scrolling area that is less high shows fewer than two lines
  const LEAST_BETWEEN = 90; // the height that fixed and sticky panels must leave free
  const SLACK = 1.5; // fractions of pixels, and the round ends of letters
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0'], [role='tab']";
  const IMAGES = "canvas, img, svg";
  const PANELS = "main > section, header, aside, .widget, .banner";
  const root = document.documentElement;
  const found = new Set();
  const [scrollLeft, scrollTop] = [scrollX, scrollY];
  const [windowWide, windowHigh] = [root.clientWidth, root.clientHeight];

  // A computed style works out each value whenever it is read, so all parts of an element share what was read.
  const READ = ["bottom", "clip-path", "contain", "content-visibility", "display", "font-size", "mask-image", "opacity", "overflow-x", "overflow-y",
    "pointer-events", "position", "scrollbar-width", "text-overflow", "text-wrap-mode", "transform", "visibility", "white-space"];
  class Style {
    constructor(element) {
      this.computed = getComputedStyle(element);
    }
  }
  for (const property of READ) {
    const key = property.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    Object.defineProperty(Style.prototype, key, {
      get() {
        const value = this.computed[key];
        Object.defineProperty(this, key, { value });
        return value;
      },
    });
  }
  const styles = new Map();
  const styleOf = (element) => {
    let style = styles.get(element);
    if (!style) styles.set(element, (style = new Style(element)));
    return style;
  };
  const boxes = new Map();
  const boxOf = (element) => {
    if (!boxes.has(element)) boxes.set(element, element.getBoundingClientRect());
    return boxes.get(element);
  };

  function name(element) {
    const own = element.id ? `#${element.id}` : `${element.localName}${[...element.classList].map((one) => `.${one}`).join("")}`;
    const holder = element.id ? null : element.parentElement?.closest("[id], [data-layer]");
    return holder && holder !== document.body ? `${holder.id ? `#${holder.id}` : `[data-layer=${holder.dataset.layer}]`} ${own}` : own;
  }
  const quoted = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;

  /** What all parts of an element share: whether it is meant to be seen, and the panel that stays in its place while the page scrolls. */
  const known = new Map([[root, { seen: true, stays: null, sticks: null }]]);
  function about(element) {
    if (known.has(element)) return known.get(element);
    const parent = element.parentElement ?? element.getRootNode().host;
    const above = parent ? about(parent) : known.get(root);
    const style = styleOf(element);
    const hidden = style.display === "none" || style.visibility !== "visible" || Number(style.opacity) === 0
      || style.clipPath === "inset(50%)" || element.matches(".skip:not(:focus)") || style.contentVisibility === "hidden"
      || (above.closed && element.localName !== "summary");
    const here = {
      seen: above.seen && !hidden,
      closed: element.localName === "details" && !element.open,
      stays: style.position === "fixed" ? element : above.stays,
      sticks: style.position === "sticky" ? element : style.position === "fixed" ? null : above.sticks,
    };
    known.set(element, here);
    return here;
  }

  /** The ancestors that an element moves with: for an absolute element, only those from the nearest positioned one on. */
  const held = new Map();
  function holders(element) {
    if (!held.has(element)) held.set(element, [...holdersOf(element)]);
    return held.get(element);
  }
  function* holdersOf(element) {
    let position = styleOf(element).position;
    for (let at = element.parentElement; at && at !== root && at !== document.body; at = at.parentElement) {
      const style = styleOf(at);
      if (style.display === "contents") continue;
      const contains = style.transform !== "none" || style.contain.includes("layout") || style.contain.includes("paint");
      if (position === "fixed" && !contains) continue;
      if (position === "absolute" && style.position === "static" && !contains) continue;
      yield at;
      position = style.position;
    }
  }

  /** Whether something shows that a box scrolls: a scrollbar, a fading edge, or an arrow. */
  function hints(at, style) {
    if (style.scrollbarWidth !== "none" || style.maskImage !== "none") return true;
    return [at, at.firstElementChild, at.parentElement].some((near) => near && /[›…]/.test(getComputedStyle(near, "::after").content));
  }

  /** Whether an element cuts off or scrolls what does not fit into it; and the holders of an element that do so. */
  function clips(at) {
    const style = styleOf(at);
    if (style.overflowX === "visible" && style.overflowY === "visible") return false;
    return style.display !== "inline" && !at.closest("math");
  }
  const clipping = new Map();
  function clippers(element) {
    if (!clipping.has(element)) clipping.set(element, holders(element).filter(clips));
    return clipping.get(element);
  }

  /** The part of a box that is inside its scrolling and clipping ancestors now; reports what cannot be reached. */
  function visiblePart(element, box, ofText, what) {
    const report = (fault) => found.add(fault);
    let { left, top, right, bottom } = box; // the part that the next ancestor has to show
    const seen = { left, top, right, bottom };
    for (const at of ofText && clips(element) ? [element, ...clippers(element)] : clippers(element)) {
      const style = styleOf(at);
      const outer = boxOf(at);
      const frame = { left: outer.left + at.clientLeft, top: outer.top + at.clientTop };
      frame.right = at.clientWidth ? frame.left + at.clientWidth : outer.right;
      frame.bottom = at.clientHeight ? frame.top + at.clientHeight : outer.bottom;
      const sideways = { from: left - frame.left + at.scrollLeft, to: right - frame.left + at.scrollLeft, all: at.scrollWidth, out: left < frame.left - SLACK || right > frame.right + SLACK };
      const down = { from: top - frame.top + at.scrollTop, to: bottom - frame.top + at.scrollTop, all: at.scrollHeight, out: top < frame.top - SLACK || bottom > frame.bottom + SLACK };
      for (const [axis, along, overflow] of [["x", sideways, style.overflowX], ["y", down, style.overflowY]]) {
        if (overflow === "visible" || !along.out) continue;
        if (/auto|scroll/.test(overflow)) {
          if (along.from < -SLACK || along.to > along.all + SLACK) report(`cut off: ${what()} cannot be scrolled to in ${name(at)}`);
          if (!hints(at, style)) report(`cut off: ${name(at)} scrolls, but nothing shows that it does`);
          if (axis === "y" && at.clientHeight < LEAST_SCROLLER) report(`cut off: ${name(at)} scrolls, but is only ${at.clientHeight} px high`);
        } else report(`cut off: ${what()} by ${name(at)}, ${axis === "x" ? Math.round(Math.max(frame.left - left, right - frame.right)) : Math.round(Math.max(frame.top - top, bottom - frame.bottom))} px in ${axis}`);
      }
      if (style.overflowX !== "visible") [left, right, seen.left, seen.right] = [frame.left, frame.right, Math.max(seen.left, frame.left), Math.min(seen.right, frame.right)];
      if (style.overflowY !== "visible") [top, bottom, seen.top, seen.bottom] = [frame.top, frame.bottom, Math.max(seen.top, frame.top), Math.min(seen.bottom, frame.bottom)];
    }
    if (about(element).stays) {
      if (left < -SLACK || top < -SLACK || right > windowWide + SLACK || bottom > windowHigh + SLACK) report(`cut off: ${what()} is beyond the window, in a panel that does not scroll`);
    } else if (left + scrollLeft < -SLACK || top + scrollTop < -SLACK) report(`cut off: ${what()} is beyond the page's upper left corner`);
    else if (bottom + scrollTop > Math.max(root.scrollHeight, windowHigh) + SLACK) report(`cut off: ${what()} is below the page's end`);
    else if (right + scrollLeft > windowWide + SLACK) report(`cut off: ${what()} is beyond the right edge of the page`);
    return seen;
  }

  // ---- the parts: texts line by line, controls, images

  // The words for a part are needed only if it has a fault, so they come from functions.
  const parts = [];
  const textOf = (text, element) => () => `the text ${quoted(text)} in ${name(element)}`;
  const wide = (box) => box.right - box.left;
  const high = (box) => box.bottom - box.top;
  function add(element, box, what, kind) {
    if (wide(box) < 0.5 || high(box) < 0.5) return;
    const seen = visiblePart(element, box, kind === "text", what);
    if (wide(seen) > 0.5 && high(seen) > 0.5) parts.push({ element, box: seen, whole: box, what, kind, ...about(element) });
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, noscript, option, template") || !about(element).seen) continue;
    const style = styleOf(element);
    const matrix = element.ownerSVGElement ? element.getScreenCTM() : null;
    const size = parseFloat(style.fontSize) * (matrix ? Math.hypot(matrix.a, matrix.b) : 1);
    if (size < FONT - 0.05) found.add(`small: the text ${quoted((element.closest("math") ?? node.parentElement).textContent)} in ${name(element.closest("math") ?? element)} has ${size.toFixed(1)} px`);
    // The text of a drawing never wraps, although Firefox gives it the usual style.
    const apart = !(element instanceof SVGElement) && style.textWrapMode !== "nowrap" && !/nowrap|pre$/.test(style.whiteSpace) && /\d (%|px|ms|s|kB|MB)(?!\w)/.exec(node.data);
    if (apart) found.add(`apart: ${quoted(node.data.slice(Math.max(0, apart.index - 20)))} in ${name(element)}`);
    if (element.closest("math")) continue; // a formula is examined as a whole below
    if (style.textOverflow === "ellipsis" && element.scrollWidth > element.clientWidth + 1 && !element.closest("section")?.querySelector("[aria-expanded='false']")) {
      found.add(`cut off: the text ${quoted(node.data)} in ${name(element)} ends with an ellipsis`);
    }
    const what = textOf(node.data, element);
    const holder = element.closest("button, a[href], td, th");
    const keeps = holder && styleOf(holder).display !== "inline" && !holder.closest("math");
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      if (wide(line) < 0.5) continue;
      // Letters do not fill their line: leave out the space above capitals and below descenders.
      const middle = (line.top + line.bottom) / 2;
      const half = Math.min(high(line) / 2, 0.42 * size);
      const box = { left: line.left, right: line.right, top: middle - half, bottom: middle + half };
      add(element, box, what, "text");
      if (keeps) {
        const frame = boxOf(holder);
        const scrolls = [...holders(element)].some((at) => holder.contains(at) && styleOf(at).overflowX !== "visible");
        if (!scrolls && styleOf(holder).overflowX === "visible" && (box.left < frame.left - SLACK || box.right > frame.right + SLACK || box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK)) {
          found.add(`spills: the text ${quoted(node.data)} leaves ${name(holder)}`);
        }
      }
    }
  }

  for (const formula of document.body.querySelectorAll("math")) {
    if (about(formula).seen) add(formula, boxOf(formula), () => `the formula in ${name(formula)}`, "text");
  }

  const lone = (element) => {
    // A word in a sentence: its line has other text, which belongs to no control. Words that are explained are in texts only.
    if (element.matches(".term")) return false;
    if (!/^inline/.test(styleOf(element).display)) return true;
    const block = element.closest("p, li, dd, caption, figcaption, h1, h2, h3, summary, label, span.says, .says, td, th, blockquote, legend");
    if (!block) return true;
    const around = [...block.childNodes].flatMap((node) => (node.nodeType === 3 ? [node.data] : node.matches?.(CONTROLS) || node.querySelector?.(CONTROLS) ? [] : [node.textContent]));
    return !around.join("").match(/\S/) && !block.closest("p, li, dd")?.textContent.replace(block.textContent, "").match(/\p{L}/u);
  };
  for (const element of document.body.querySelectorAll(CONTROLS)) {
    if (element.matches("input[type='hidden'], input[type='file']") || element.ownerSVGElement) continue; // the data determine the size of a chart's marks
    const label = element.matches("input[type='radio'], input[type='checkbox']") ? element.closest("label") : null;
    const target = label ?? element;
    if (!about(target).seen || (!label && !about(element).seen)) continue;
    const box = boxOf(target);
    if (box.width < 0.5 || box.height < 0.5) continue;
    if ((box.width < TARGET - 0.5 || box.height < TARGET - 0.5) && lone(target)) {
      found.add(`small: the target ${name(target)} ${quoted(target.textContent)} has ${Math.round(box.width)} × ${Math.round(box.height)} px`);
    }
    if (styleOf(target).display === "inline") continue; // its lines are among the texts
    add(target, box, () => `the control ${name(target)} ${quoted(target.textContent)}`, "control");
  }
  for (const element of document.body.querySelectorAll(IMAGES)) {
    if (!about(element).seen || element.closest(".icon, .logo") || styleOf(element).pointerEvents === "none") continue;
    add(element, boxOf(element), () => `the image ${name(element)}`, "image");
  }

  // ---- overlaps

  const common = (a, b) => Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  parts.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < parts.length; i++) {
    const a = parts[i];
    for (let j = i + 1; j < parts.length && parts[j].box.top < a.box.bottom; j++) {
      const b = parts[j];
      if (a.kind !== "text" && b.kind !== "text" && !(a.kind === "control" && b.kind === "control")) continue;
      if (common(a.box, b.box) <= SLACK + 0.5) continue;
      if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      // What stays in its place may cover what can be scrolled away.
      if ((a.sticks || b.sticks) && a.sticks !== b.sticks) continue;
      if (a.stays !== b.stays && !(a.stays && b.stays)) continue;
      const [text, other] = a.kind === "text" ? [a, b] : [b, a];
      if (text.kind === "text" && other.kind !== "text" && styleOf(text.element).pointerEvents === "none") continue; // written on an image
      found.add(`overlap: ${a.what()} and ${b.what()}`);
    }
  }

  // ---- controls that cannot be pressed

  const scrollerOf = (element) => holders(element).find((at) => /auto|scroll/.test(`${styleOf(at).overflowX} ${styleOf(at).overflowY}`)) ?? root;
  for (const { element, box, kind, what, stays } of parts) {
    if (kind !== "control" || styleOf(element).pointerEvents === "none") continue;
    const at = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2); // null outside the window
    if (!at || element.contains(at) || at.contains(element) || at.closest("label")?.control === element) continue;
    const cover = about(at);
    // A control can be scrolled away from below what stays in its place, unless it is covered without any scrolling, too.
    if (cover.stays && !stays) continue;
    const scroller = cover.sticks && scrollerOf(cover.sticks);
    if (scroller?.contains(element) && (scroller.scrollTop > 0 || scroller.scrollLeft > 0 || styleOf(cover.sticks).bottom !== "auto")) continue;
    found.add(`covered: ${what()} by ${name(at)}`);
  }

  // ---- panels that stay in their place

  const panels = [...new Set(parts.map(({ stays }) => stays).filter(Boolean))].map((element) => ({ element, box: boxOf(element) }))
    .filter(({ element, box }) => box.width > 0 && styleOf(element).pointerEvents !== "none");
  for (const { element, box } of panels) {
    const above = box.top + box.height / 2 < windowHigh / 2;
    for (const part of parts) {
      if (part.stays || part.sticks || part.whole.right < box.left || part.whole.left > box.right) continue;
      const [first, last] = [part.box.top + scrollTop, part.box.bottom + scrollTop];
      if (above && first < box.bottom - SLACK) found.add(`hidden: ${name(element)} always covers ${part.what()}`);
      if (!above && last > root.scrollHeight - (windowHigh - box.top) + SLACK) found.add(`hidden: ${name(element)} always covers ${part.what()}`);
    }
  }
  const [heads, feet] = [panels.filter(({ box }) => box.top + box.height / 2 < windowHigh / 2), panels.filter(({ box }) => box.top + box.height / 2 >= windowHigh / 2)];
  const between = Math.min(windowHigh, ...feet.map(({ box }) => box.top)) - Math.max(0, ...heads.map(({ box }) => box.bottom));
  if (panels.length && root.scrollHeight > windowHigh && between < LEAST_BETWEEN) found.add(`hidden: panels that stay in their place leave only ${Math.round(between)} px`);
  if (root.scrollWidth > windowWide) found.add(`sideways: the page is ${root.scrollWidth} px wide in a window of ${windowWide} px`);

  // ---- texts that leave their panel

  for (const part of parts) {
    const panel = part.element.closest(PANELS);
    if (!panel || part.kind === "control" || styleOf(panel).display === "contents") continue;
    if (part.stays && part.stays !== panel && panel.contains(part.stays)) continue;
    const frame = boxOf(panel);
    if (part.box.left >= frame.left - SLACK && part.box.right <= frame.right + SLACK && part.box.bottom <= frame.bottom + SLACK) continue;
    if (!part.element.closest("[class*=visually]")) found.add(`spills: ${part.what()} leaves ${name(panel)}`);
  }
  return [...found];
}
