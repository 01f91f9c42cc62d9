/** Highlight everything in `root` that has this part among the words of its data-part; null removes the highlight. */
export function highlight(root, part) {
  for (const node of root.querySelectorAll(".lit")) node.classList.remove("lit");
  if (part) for (const node of root.querySelectorAll(`[data-part~="${part}"], math [data-means="${part}"]`)) node.classList.add("lit");
}
