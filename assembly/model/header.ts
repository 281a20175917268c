/** The container's header and the keys that describe the whole model. */
import { remaining, take } from "./cursor";
import { Key, aboutKey, countOf, has, numberOf, pointerOf, readKeys, requireKey } from "./keys";
import { fail, found, say, sayName, sayNumber, start } from "../message/message";
import { equals } from "../message/text";

export let tensorCount: u64 = 0;
export let alignment: u32 = 32;

const LEAST_TENSOR: u64 = 24;
const LEAST_KEY: u64 = 13;

/** Reads magic, version, counts and all keys. */
export function readHeader(): bool {
  const magic = take(4);
  if (!magic) return false;
  if (load<u32>(magic) != 0x46554747) {
    start("not a bsnn model: a GGUF file begins with 'GGUF', found ");
    sayName(magic, 4);
    return false;
  }
  const counts = take(20);
  if (!counts) return false;
  if (load<u32>(counts) != 3) {
    start("GGUF version must be 3");
    return found(load<u32>(counts));
  }
  tensorCount = load<u64>(counts, 4);
  const keyCount = load<u64>(counts, 12);
  if (keyCount > remaining() / LEAST_KEY || tensorCount > remaining() / LEAST_TENSOR) {
    start("more keys or tensors announced than fit into ");
    sayNumber(remaining());
    return fail(" bytes");
  }
  return readKeys(keyCount) && checkIdentity();
}

function refuseText(key: i32, supported: string): bool {
  aboutKey(key, "must be ");
  say(supported);
  say(", found ");
  sayName(pointerOf(key), countOf(key));
  return false;
}

function refuseNumber(key: i32, supported: string): bool {
  aboutKey(key, "must be ");
  say(supported);
  return found(numberOf(key));
}

function checkIdentity(): bool {
  if (!requireKey(Key.ARCHITECTURE)) return false;
  if (!equals(pointerOf(Key.ARCHITECTURE), countOf(Key.ARCHITECTURE), "bsnn")) {
    return refuseText(Key.ARCHITECTURE, "'bsnn'");
  }
  if (!requireKey(Key.VERSION)) return false;
  if (numberOf(Key.VERSION) != 1) return refuseNumber(Key.VERSION, "1");
  if (!requireKey(Key.PHASES)) return false;
  const phases = numberOf(Key.PHASES);
  if (phases < 1 || phases > 8) return refuseNumber(Key.PHASES, "1…8");
  alignment = 32;
  if (has(Key.ALIGNMENT)) {
    alignment = numberOf(Key.ALIGNMENT);
    if (alignment < 8 || alignment > 4096 || popcnt(alignment) != 1) {
      return refuseNumber(Key.ALIGNMENT, "a power of two, 8…4096");
    }
  }
  if (!requireKey(Key.CODING)) return false;
  if (!isPhaseCoded() && !equals(pointerOf(Key.CODING), countOf(Key.CODING), "current")) {
    return refuseText(Key.CODING, "'current' or 'phase'");
  }
  return true;
}

/** Whether the file asks for phase coding of the input; the key must have been checked to be there. */
export function isPhaseCoded(): bool {
  return equals(pointerOf(Key.CODING), countOf(Key.CODING), "phase");
}
