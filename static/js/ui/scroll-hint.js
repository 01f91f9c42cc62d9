/**
 * A box that scrolls says at its right edge that it goes on there: scrollbars that come only while one scrolls do not,
 * and half a column may be taken for a whole one. `scroller` fills its parent, which is marked "more-right". Gives back
 * what looks again, for when other things are put into the box.
 */
export function createScrollHint(scroller) {
  const frame = scroller.parentElement;
  const tell = () => {
    const { scrollWidth, scrollLeft, clientWidth, clientLeft, offsetWidth } = scroller;
    frame.classList.toggle("more-right", scrollWidth - clientWidth - scrollLeft > 1);
    frame.style.setProperty("--scrollbar", `${offsetWidth - clientWidth - 2 * clientLeft}px`);
  };
  scroller.addEventListener("scroll", tell, { passive: true });
  const sizes = new ResizeObserver(tell);
  for (const box of [scroller, ...scroller.children]) sizes.observe(box);
  return tell;
}
