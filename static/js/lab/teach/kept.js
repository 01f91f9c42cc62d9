/**
 * What "Teach it" keeps in the tab until it is closed, for students who come back from another page: the collection as text, and
 * the names of the weights that they have tried.
 */
const DRAWINGS = "inkling.lab.teach";
const TRIED = "inkling.lab.tried";

const read = (key) => {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return ""; // storage is not allowed
  }
};

function write(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // Storage is not allowed or is full: the collection lasts as long as the page.
  }
}

export const readKept = () => read(DRAWINGS);
export const keep = (text) => write(DRAWINGS, text);

export const readTried = () => read(TRIED).split(" ").filter(Boolean);
export const keepTried = (names) => write(TRIED, names.join(" "));
