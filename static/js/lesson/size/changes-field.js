/** The changes to the network in the size table: what can be changed, and the changes as text, for links. No DOM access. */
import { byName } from "../../core/layers.js";
import { whole } from "../../core/links/setting-fields.js";

/** The settings of a layer with their names in words and their ranges. */
export const LIMITS = { window: ["window F", 1, 28], padding: ["padding P", 0, 10], stride: ["stride S", 1, 8], maps: ["maps", 1, 512] };
const CHANGEABLE = { convolution: ["window", "padding", "stride", "maps"], max_pool: ["window", "stride"], linear: ["maps"] };

/** The settings of a layer that can be changed. There are always ten digits, so those of `logits` cannot. */
export const changeable = ({ name, kind }) => (name === "logits" ? [] : (CHANGEABLE[kind] ?? []));

/** Changes { conv1: { window: 5 }, … } as conv1.window.5~conv1.maps.16; "none" for no change. */
export const changesField = {
  write(changes) {
    const texts = Object.entries(changes).flatMap(([layer, settings]) => Object.entries(settings).map(([key, value]) => `${layer}.${key}.${value}`));
    return texts.sort().join("~") || "none";
  },
  read(text) {
    if (text === "none") return {};
    const changes = {};
    for (const change of text.split("~")) {
      const [layer, key, number, ...rest] = change.split(".");
      if (rest.length > 0 || number === undefined || !Object.hasOwn(byName, layer) || !changeable(byName[layer]).includes(key)) return undefined;
      const [, min, max] = LIMITS[key];
      const value = whole(min, max).read(number);
      if (value === undefined) return undefined;
      changes[layer] = { ...changes[layer], [key]: value };
    }
    return changes;
  },
  must: "changes such as conv1.window.5~conv1.maps.16, each in the range of the table",
};
