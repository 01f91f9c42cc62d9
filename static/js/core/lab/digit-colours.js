/** Ten colours for the ten digits. They differ in lightness as well as in hue, and no plot relies on them alone. */
export const DIGIT_COLOURS = {
  light: ["#1b4f9c", "#d1495b", "#2e7d32", "#8e44ad", "#e08a00", "#00838f", "#6d4c41", "#c2185b", "#5f6b00", "#37474f"],
  dark: ["#7fb3ff", "#ff8a97", "#7ddc82", "#d29bf0", "#ffc04d", "#5fd6e2", "#d0a890", "#ff8fc0", "#cdd65a", "#b9c6cf"],
};
