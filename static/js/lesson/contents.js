/** The table of contents: its links open the sections, and it marks the section that is in the middle of the window. */

/** `open(id)` is called when a link is clicked. */
export function createContents(open) {
  const links = [...document.querySelectorAll("#contents li a")];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      open(link.hash.slice(1));
    });
  }
  const central = new Set(); // ids of the sections in the middle of the window; the first of them is marked
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) central[isIntersecting ? "add" : "delete"](target.id);
    const marked = links.find((link) => central.has(link.hash.slice(1)));
    for (const link of links) {
      if (link === marked) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-30% 0px -60% 0px" });
  for (const section of document.querySelectorAll(".lesson-section")) observer.observe(section);
}
