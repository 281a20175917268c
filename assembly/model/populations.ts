/** Reads and checks the population columns, and what describes the input. */
import { aboutPopulation } from "../network/about";
import { reserve, reserveZeroed } from "../network/arena";
import { population, setPadding, setPopulations } from "../network/network";
import { Kind, Population } from "../network/population";
import { levelOfSample } from "../neurons/input";
import { isOutput } from "../neurons/neurons";
import {
  Columns,
  Key,
  aboutKey,
  at,
  countOf,
  has,
  pointerOf,
  requireCount,
  requireKey,
  sayKey,
  sayKeyName,
} from "./keys";
import { fail, found, say, sayName, sayNumber, sayShape, start } from "../message/message";
import { equals } from "../message/text";

const MOST: u32 = 65535;
const MOST_NEURONS: u64 = 1 << 28;

/** The same about one of its keys. */
function aboutPopulationKey(p: Population, key: i32, text: string): void {
  aboutPopulation(p, "");
  sayKey(key);
  say(text);
}

/** Reads all populations into records; false leaves a message. */
export function readPopulations(): bool {
  if (!requireKey(Key.KIND)) return false;
  const count = countOf(Key.KIND);
  if (count < 2 || count > MOST) {
    start("a model has 2…65535 populations, one an output");
    return found(count);
  }
  if (!requireCount(Key.POPULATION_NAME, count, Key.KIND)) return false;
  for (let key = Columns.SHAPE; key < Columns.SHAPE_END; key++) if (!requireCount(key, count, Key.KIND)) return false;
  if (!requireCount(Key.DEPTH, count, Key.KIND)) return false;

  const records = reserveZeroed(count, offsetof<Population>());
  if (!records) return false;
  setPopulations(records, count);
  let name = pointerOf(Key.POPULATION_NAME);
  let outputs: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const p = population(i);
    p.index = i;
    p.nameSize = <u32>load<u64>(name);
    p.name = name + 8;
    name += 8 + p.nameSize;
    p.kind = at(Key.KIND, i);
    p.height = at(Key.HEIGHT, i);
    p.width = at(Key.WIDTH, i);
    p.channels = at(Key.CHANNELS, i);
    p.depth = at(Key.DEPTH, i);
    if (!checkPopulation(p)) return false;
    p.neurons = p.height * p.width * p.channels;
    p.pitch = (p.channels + 7) & ~7;
    if (isOutput(p)) outputs++;
  }
  if (!outputs) {
    return start("there is no output population");
  }
  return checkInput(population(0));
}

function checkPopulation(p: Population): bool {
  if (p.kind >= Kind.COUNT || (p.kind == Kind.INPUT) != (p.index == 0)) {
    aboutPopulationKey(p, Key.KIND, p.index ? "must be 1…" : "must be 0, an input");
    if (p.index) {
      sayNumber(Kind.COUNT - 1);
      say(", only population 0 is an input");
    }
    return found(p.kind);
  }
  // Two factors are below 2^32 each; the third is multiplied only once they are known to be small.
  const area = <u64>p.height * p.width;
  if (!area || !p.channels || area > MOST_NEURONS || area * p.channels > MOST_NEURONS) {
    aboutPopulation(p, "must have 1…268435456 neurons: ");
    for (let key = Columns.SHAPE; key < Columns.SHAPE_END; key++) {
      if (key != Columns.SHAPE) say(" × ");
      sayKeyName(key);
    }
    say(", found ");
    sayShape(p.height, p.width, p.channels);
    return false;
  }
  if ((p.depth == 0) != (p.index == 0)) {
    aboutPopulationKey(p, Key.DEPTH, p.index ? "must be 1 at least" : "must be 0");
    return found(p.depth);
  }
  return true;
}

function checkInput(input: Population): bool {
  if (!requireCount(Key.ZERO_POINT, input.channels, Key.CHANNELS)) return false;
  const padding = reserve(input.channels, 1);
  if (!padding) return false;
  setPadding(padding);
  for (let c: u32 = 0; c < input.channels; c++) {
    const zeroPoint = at(Key.ZERO_POINT, c);
    if (zeroPoint > 255) {
      aboutKey(Key.ZERO_POINT, "must be 0…255");
      return found(zeroPoint);
    }
    store<u8>(padding + c, levelOfSample(zeroPoint));
  }
  if (has(Key.RANGE)) {
    if (!requireCount(Key.RANGE, 2, Key.RANGE)) return false;
    const lo = load<f64>(pointerOf(Key.RANGE));
    const hi = load<f64>(pointerOf(Key.RANGE), 8);
    if (!(lo < hi) || !isFinite(lo) || !isFinite(hi) || !isFinite(hi - lo)) {
      return aboutKey(Key.RANGE, "must be two finite numbers, the lower first");
    }
  }
  if (isSigned()) {
    if (!has(Key.RANGE)) {
      return aboutKey(Key.SIGNED, "needs 'bsnn.input.range', which is missing");
    }
    if (input.channels & 1) {
      aboutKey(Key.SIGNED, "needs an even number of input channels");
      return found(input.channels);
    }
  }
  if (has(Key.CHANNEL_ORDER)) {
    const order = pointerOf(Key.CHANNEL_ORDER);
    const size = countOf(Key.CHANNEL_ORDER);
    if (!equals(order, size, "rgb") && !equals(order, size, "bgr")) {
      aboutKey(Key.CHANNEL_ORDER, "must be 'rgb' or 'bgr', found ");
      sayName(order, size);
      return false;
    }
  }
  return true;
}

/** Whether the input's channels are ON/OFF pairs. */
export function isSigned(): bool {
  return has(Key.SIGNED) && load<u8>(pointerOf(Key.SIGNED)) != 0;
}
