/** Damaged links: what is wrong with one, and the sentence for the user. */

export class Damage extends Error {}

/** Throws Damage, which says `what` is wrong, unless `condition` holds. */
export function check(condition, what) {
  if (!condition) throw new Damage(what);
}

export const UNREADABLE_DRAWING = "the drawing in it cannot be read";

export const damaged = (what) => `This link is damaged: ${what}. The page starts as usual.`;
