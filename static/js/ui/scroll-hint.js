/**
 * Hints at the right and the lower edge of a scrolling box that it has more content there, since some scrollbars appear only while
 * scrolling. `scroller` fills its parent, which gets the classes "more-right" and "more-below". Returns a function that updates the hint after the
 * content has changed. With `focusable`, the box can be focused while it scrolls, so that the arrow keys move it.
 */
export function createScrollHint(scroller, { focusable = false } = {}) {
  const frame = scroller.parentElement;
  const update = () => {
    const { scrollWidth, scrollLeft, clientWidth, clientLeft, offsetWidth, scrollHeight, scrollTop, clientHeight } = scroller;
    frame.classList.toggle("more-right", scrollWidth - clientWidth - scrollLeft > 1);
    frame.classList.toggle("more-below", scrollHeight - clientHeight - scrollTop > 1);
    if (focusable && scrollWidth - clientWidth > 1) scroller.tabIndex = 0;
    else if (focusable) scroller.removeAttribute("tabindex");
    frame.style.setProperty("--scrollbar", `${offsetWidth - clientWidth - 2 * clientLeft}px`);
  };
  scroller.addEventListener("scroll", update, { passive: true });
  const sizes = new ResizeObserver(update);
  for (const box of [scroller, ...scroller.children]) sizes.observe(box);
  return update;
}
