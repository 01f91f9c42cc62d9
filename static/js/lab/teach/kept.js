/** The collection as text, kept in the tab until it is closed: a student who comes back from another page finds the drawings again. */
const KEY = "inkling.lab.teach";

export function readKept() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // storage is not allowed
  }
}

export function keep(text) {
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // Storage is not allowed or full: the drawings last as long as the page.
  }
}
