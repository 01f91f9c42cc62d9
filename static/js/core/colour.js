/**
 * Colours for numbers. Nothing here touches the document; colours are 32-bit words for ImageData, 0xAABBGGRR.
 *
 * Values that cannot be negative are drawn in cividis (Nuñez, Anderton, Renslow 2018), which looks nearly the same with a
 * colour vision deficiency. Signed values are blue below zero and orange above, equally strong on both sides.
 */

// The 256 colours of cividis, six hexadecimal digits each.
const CIVIDIS =
  "00224e00234f00245100255300255400265600275800285900285b00295d002a5f002a61002b62002c64002c66002d68" +
  "002e6a002e6c002f6d00306f0030700031700031710132710533710833700c34700f357012357014367016377018376f" +
  "1a386f1c396f1e3a6f203a6f213b6e233c6e243c6e263d6e273e6e293f6e2a3f6d2b406d2d416d2e416d2f426d31436d" +
  "32436d33446d34456c35456c36466c38476c39486c3a486c3b496c3c4a6c3d4a6c3e4b6c3f4c6c404c6c414d6c424e6c" +
  "434e6c444f6c45506c46516c47516c48526c49536c4a536c4b546c4c556c4d556c4e566c4f576c50576c51586d52596d" +
  "535a6d545a6d555b6d555c6d565c6d575d6d585e6d595e6e5a5f6e5b606e5c616e5d616e5e626e5e636f5f636f60646f" +
  "61656f62656f636670646770656870656870666970676a71686a71696b716a6c716b6d726c6d726c6e726d6f726e6f73" +
  "6f70737071737172747272747273747374757474757575757676767777767777777878777979777a7a787b7a787c7b78" +
  "7d7c787e7c787e7d787f7e78807f78817f788280798381798482798582798683798784788885788985788a86788b8778" +
  "8c88788d88788e89788f8a78908b78918b78928c78928d78938e78948e77958f779690779791779892779992779a9376" +
  "9b94769c95769d95769e96769f9775a09875a19975a29975a39a74a49b74a59c74a69c74a79d73a89e73a99f73aaa073" +
  "aba072aca172ada272aea371afa471b0a571b1a570b3a670b4a76fb5a86fb6a96fb7a96eb8aa6eb9ab6dbaac6dbbad6d" +
  "bcae6cbdae6cbeaf6bbfb06bc0b16ac1b26ac2b369c3b369c4b468c5b568c6b667c7b767c8b866c9b965cbb965ccba64" +
  "cdbb63cebc63cfbd62d0be62d1bf61d2c060d3c05fd4c15fd5c25ed6c35dd7c45cd9c55cdac65bdbc75adcc859ddc858" +
  "dec958dfca57e0cb56e1cc55e2cd54e4ce53e5cf52e6d051e7d150e8d24fe9d34eead34cebd44bedd54aeed649efd748" +
  "f0d846f1d945f2da44f3db42f5dc41f6dd3ff7de3ef8df3cf9e03afbe138fce236fde334fee434fee535fee636fee838";

// Five stops from the lowest value over zero to the highest; colours between them are interpolated in OKLab.
const STOPS = {
  light: ["#053c7c", "#5a9bd4", "#f3f2ee", "#e2903a", "#8a3800"],
  dark: ["#b5dcff", "#3b83cf", "#15191f", "#c8701f", "#ffd3a1"],
};

const word = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
const bytes = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Cividis; its first colour is that of 0, the background of most maps. */
export const SEQUENTIAL = Uint32Array.from({ length: 256 }, (_, i) => word(...bytes(`#${CIVIDIS.slice(6 * i, 6 * i + 6)}`)));

/** sRGB bytes -> OKLab (Ottosson 2020): lightness, green–red, blue–yellow; equal distances look equal. */
function toLab(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => {
    const u = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(Math.max(u, 0), 1));
  });
}

/** 255 colours, an odd number, so that zero has its own colour, the 128th. */
function diverging(stops) {
  const labs = stops.map((hex) => toLab(bytes(hex)));
  return Uint32Array.from({ length: 255 }, (_, i) => {
    const along = (i / 254) * (labs.length - 1);
    const from = Math.min(Math.floor(along), labs.length - 2);
    return word(...fromLab(labs[from].map((v, axis) => v + (along - from) * (labs[from + 1][axis] - v))));
  });
}

export const DIVERGING = { light: diverging(STOPS.light), dark: diverging(STOPS.dark) };

export const palette = (layer, theme) => (layer.signed ? DIVERGING[theme] : SEQUENTIAL);

/** "#rrggbb" of a colour word. */
export const css = (colour) =>
  `#${[colour, colour >>> 8, colour >>> 16].map((v) => (v & 255).toString(16).padStart(2, "0")).join("")}`;

/** Black or white, whichever has more contrast on a colour (WCAG relative luminance). */
export function textColourOn(colour) {
  const [r, g, b] = [colour, colour >>> 8, colour >>> 16].map((v) => {
    const u = (v & 255) / 255;
    return u <= 0.04045 ? u / 12.92 : ((u + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

function largest(values, from, to) {
  let most = 0;
  for (let i = from; i < to; i++) {
    const size = values[i] < 0 ? -values[i] : values[i];
    if (size > most) most = size;
  }
  return most;
}

/**
 * The range of the colours: [−m, m] for signed layers, [0, m] for others.
 *
 * `mode` says where m is the largest magnitude: in the "map", in the "layer", or in all drawings ("fixed"). If a layer has a largest
 * possible value, as the input has, m is that value, so that an empty cell looks the same in every drawing.
 */
export function range(layer, values, mode, map = 0) {
  const size = layer.rows * layer.cols;
  let most = mode === "fixed" ? layer.fixed : layer.most;
  if (most !== undefined) return [layer.signed ? -most : 0, most];
  if (mode === "layer") most = largest(values, 0, values.length);
  if (mode === "map") most = largest(values, map * size, (map + 1) * size);
  return [layer.signed ? -most : 0, most];
}

/** The colour of a value in a range; values outside get the colour of the nearest end. */
export function colourOf(value, [low, high], colours) {
  const at = high > low ? ((value - low) / (high - low)) * (colours.length - 1) : zeroIndex(low, high, colours);
  return colours[Math.min(Math.max(Math.round(at), 0), colours.length - 1)];
}
const zeroIndex = (low, high, colours) => (colours.length % 2 ? (colours.length - 1) / 2 : 0);

/** Write one map into `pixels`, an image of width `stride`, with its upper left cell at index `at`. */
export function paintMap(pixels, stride, at, values, from, rows, cols, [low, high], colours) {
  const last = colours.length - 1;
  const unit = high > low ? last / (high - low) : 0;
  const base = unit === 0 ? zeroIndex(low, high, colours) + 0.5 : 0.5 - low * unit;
  for (let row = 0, i = from; row < rows; row++) {
    for (let out = at + row * stride, end = out + cols; out < end; out++, i++) {
      const k = (values[i] * unit + base) | 0;
      pixels[out] = colours[k < 0 ? 0 : k > last ? last : k];
    }
  }
}
