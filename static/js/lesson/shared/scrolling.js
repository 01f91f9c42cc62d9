/** Scrolling to a section or to a part of it. */

const WHILE = 5000; // ms; by then all sections are painted, also on a slow tablet
const BY_USER = ["wheel", "touchstart", "pointerdown", "keydown"]; // what the user scrolls with

let release = () => {};

/**
 * Scroll a part of the page to the top of the window, or with `block` "center" to its middle. It stays there while the sections above it are painted and grow, until
 * the user does something: Safari does not keep the visible part of a page in place by itself.
 */
export function scrollTo(node, behavior = "auto", block = "start") {
  release();
  const sizes = new ResizeObserver(() => node.scrollIntoView({ behavior: "instant", block }));
  const timer = setTimeout(() => release(), WHILE);
  release = () => {
    clearTimeout(timer);
    sizes.disconnect();
    for (const type of BY_USER) removeEventListener(type, release);
    release = () => {};
  };
  node.scrollIntoView({ behavior, block });
  sizes.observe(document.body);
  for (const type of BY_USER) addEventListener(type, release, { passive: true });
}

/** Scroll to a part of a section, one frame later: first the page scrolls to the section. */
export const scrollToPart = (node, block) => requestAnimationFrame(() => scrollTo(node, "auto", block));
