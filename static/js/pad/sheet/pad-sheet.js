/** The pad in narrow windows: a sheet at the lower edge of the window, closed at first. In wide windows it is always in sight. */

/** `sheet` holds the pad, and `button` opens and closes it. Returns open(isOpen), which opens or closes the sheet. */
export function createPadSheet(sheet, button) {
  function open(isOpen) {
    sheet.classList.toggle("open", isOpen);
    document.body.classList.toggle("pad-open", isOpen); // so that the end of the page can scroll above the sheet
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = isOpen ? "Done" : "Draw";
  }
  button.addEventListener("click", () => open(!sheet.classList.contains("open")));
  return open;
}
