/** What a file states that the core has no use for: checked all the same, so that every host refuses the same files. */
import { firstOutput } from "../../../assembly/engine/outputs";
import { say, sayName, sayNumber } from "../../../assembly/message/message";
import { equals } from "../../../assembly/message/text";
import { Key, aboutKey, countOf, has, pointerOf } from "../../../assembly/model/keys";
import { population } from "../../../assembly/network/network";

/** Checks that an array, where it is there, has `needed` elements; false leaves a message. */
export function hasElements(key: i32, needed: u64): bool {
  if (countOf(key) == needed) return true;
  aboutKey(key, "must have ");
  sayNumber(needed);
  say(" elements, found ");
  sayNumber(countOf(key));
  return false;
}

function checkLabels(): bool {
  return !has(Key.LABELS) || hasElements(Key.LABELS, population(firstOutput()).neurons);
}

/** Where a range is stated it is not read. */
function checkFit(): bool {
  if (!has(Key.FIT) || has(Key.RANGE)) return true;
  const text = pointerOf(Key.FIT);
  const size = countOf(Key.FIT);
  if (equals(text, size, "stretch") || equals(text, size, "cover")) return true;
  if (equals(text, size, "contain") || equals(text, size, "crop")) return true;
  aboutKey(Key.FIT, "must be one of stretch, cover, contain, crop, found ");
  sayName(text, size);
  return false;
}

/** Checks numbers that are computed with: finite, and not 0 where something is divided by them. */
function checkNumbers(key: i32, needed: u32): bool {
  if (!has(key)) return true;
  if (!hasElements(key, needed)) return false;
  for (let k: u32 = 0; k < needed; k++) {
    const value = load<f64>(pointerOf(key) + ((<usize>k) << 3));
    if (isFinite(value) && (value != 0 || key == Key.MEAN)) continue;
    return aboutKey(key, key == Key.MEAN ? "must be finite" : "must be finite and not 0");
  }
  return true;
}

/** Checks labels, fit and preprocessing; false leaves a message. */
export function checkStated(): bool {
  const channels = population(0).channels;
  return (
    checkLabels() &&
    checkFit() &&
    checkNumbers(Key.SCALE, 1) &&
    checkNumbers(Key.MEAN, channels) &&
    checkNumbers(Key.STD, channels)
  );
}
