/** Reads and checks the projection columns and the graph they form. */
import { aboutPopulation, aboutProjection } from "../network/about";
import { reserveZeroed } from "../network/arena";
import {
  mapHeight,
  mapWidth,
  population,
  populationCount,
  projection,
  projectionCount,
  setDeepest,
  setProjections,
} from "../network/network";
import { Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { isOutput, isRelay } from "../neurons/neurons";
import { Columns, Key, Window, at, countOf, pointerOf, requireCount, requireKey, sayKey } from "./keys";
import { fail, found, say, sayNumber, sayShape, start } from "../message/message";

const MOST: u32 = 65535;
const MOST_WINDOW: u32 = 1 << 15;
const MOST_POOLED: u64 = 1 << 28;

/** The same about one of its keys. */
function aboutProjectionKey(q: Projection, key: i32, text: string): void {
  aboutProjection(q, "");
  sayKey(key);
  say(text);
}

/** Reads all projections into records and links them to their populations; false leaves a message. */
export function readProjections(): bool {
  if (!requireKey(Key.SOURCE)) return false;
  const count = countOf(Key.SOURCE);
  if (count < 1 || count > MOST) {
    start("a model has 1…65535 projections");
    return found(count);
  }
  for (let key = Columns.PROJECTION; key < Columns.PROJECTION_END; key++)
    if (!requireCount(key, count * widthOf(key), Key.SOURCE)) return false;

  const records = reserveZeroed(count, offsetof<Projection>());
  if (!records) return false;
  setProjections(records, count);
  for (let j: u32 = 0; j < count; j++) {
    const q = projection(j);
    readColumns(q, j);
    if (!checkEnds(q)) return false;
    if (!checkChannels(q) || !checkPooling(q) || !checkConvolution(q)) return false;
    if (isRelay(population(q.target)) && !checkRelay(q)) return false;
  }
  link();
  return checkGraph();
}

/** Entries per projection of a column. */
function widthOf(key: i32): u32 {
  if (key == Key.REGION) return 4;
  return key == Key.SOURCE || key == Key.TARGET || key == Key.POOL || key == Key.GROUPS ? 1 : 2;
}

/** The record begins with its index, and then its entries in the order of the columns. */
function readColumns(q: Projection, j: u32): void {
  q.index = j;
  let to = changetype<usize>(q) + 4;
  for (let key = Columns.PROJECTION; key < Columns.PROJECTION_END; key++) {
    const bytes = (<usize>widthOf(key)) << 2;
    memory.copy(to, pointerOf(key) + <usize>j * bytes, bytes);
    to += bytes;
  }
}

function checkEnds(q: Projection): bool {
  if (q.target >= populationCount || q.source >= q.target) {
    start("projection ");
    sayNumber(q.index);
    say(": ");
    sayKey(Key.SOURCE);
    say("must be below ");
    sayKey(Key.TARGET);
    say("and that below ");
    sayNumber(populationCount);
    say(", found ");
    sayNumber(q.source);
    say(" → ");
    sayNumber(q.target);
    return false;
  }
  const source = population(q.source);
  const target = population(q.target);
  if (isOutput(source)) {
    return aboutProjection(q, "leaves an output population");
  }
  if (<u64>target.depth != <u64>source.depth + 1) {
    aboutProjection(q, "must join depth n to depth n + 1, found ");
    sayNumber(source.depth);
    say(" → ");
    sayNumber(target.depth);
    return false;
  }
  return true;
}

/** Checks that first and count, of a key's entries, lie within a size. */
function checkRange(q: Projection, key: i32, first: u32, count: u32, size: u32): bool {
  if (count && <u64>first + count <= size) return true;
  aboutProjectionKey(q, key, "must lie within ");
  sayNumber(size);
  say(", found ");
  sayNumber(count);
  say(" from ");
  sayNumber(first);
  return false;
}

function checkChannels(q: Projection): bool {
  const source = population(q.source);
  const target = population(q.target);
  if (
    !checkRange(q, Key.SOURCE_CHANNELS, q.sourceFirst, q.sourceCount, source.channels) ||
    !checkRange(q, Key.TARGET_CHANNELS, q.targetFirst, q.targetCount, target.channels) ||
    !checkRange(q, Key.REGION, q.top, q.height, target.height) ||
    !checkRange(q, Key.REGION, q.left, q.width, target.width)
  ) {
    return false;
  }
  if (!q.groups || q.sourceCount % q.groups || q.targetCount % q.groups) {
    aboutProjectionKey(q, Key.GROUPS, "must divide ");
    sayNumber(q.sourceCount);
    say(" source and ");
    sayNumber(q.targetCount);
    say(" target channels");
    return found(q.groups);
  }
  return true;
}

/** Refuses one entry of a two-entry column. */
function refuseEntry(q: Projection, key: i32, axis: u32, supported: string): bool {
  aboutProjectionKey(q, key, "must be ");
  say(supported);
  return found(<i32>at(key, q.index * 2 + axis));
}

/**
 * Checks one axis of windows, `count` of them over a map of `size`. `first` is the first of the four keys that describe
 * them (`Window`).
 */
function checkWindows(q: Projection, first: i32, axis: u32, count: u32, size: u32): bool {
  const entry = q.index * 2 + axis;
  for (let key = first; key < first + Window.OFFSET; key++) {
    if (at(key, entry) - 1 >= MOST_WINDOW - 1) return refuseEntry(q, key, axis, "1…32767");
  }
  const offset = <i32>at(first + Window.OFFSET, entry);
  if (offset > <i32>MOST_WINDOW || offset < -(<i32>MOST_WINDOW))
    return refuseEntry(q, first + Window.OFFSET, axis, "within ±32768");
  const extent = <i64>(at(first + Window.KERNEL, entry) - 1) * at(first + Window.DILATION, entry) + 1;
  const last = <i64>(count - 1) * at(first + Window.STRIDE, entry) - offset;
  if (offset <= extent && last <= <i64>size - 1 + extent) return true;
  aboutProjectionKey(q, first + Window.OFFSET, "and ");
  sayKey(first + Window.STRIDE);
  say("must not let windows start more than their extent of ");
  sayNumber(extent);
  say(" outside a map of ");
  sayNumber(size);
  say(", found starts from ");
  sayNumber(-(<i64>offset));
  say(" to ");
  sayNumber(last);
  return false;
}

/** Checks that columns hold the values of a kernel of one, which moves nothing. */
function checkPlain(q: Projection, first: i32, end: i32): bool {
  for (let key = first; key < end; key++) {
    const zero = key == Key.POOL_SIZE || key == Key.POOL_OFFSET || key == Key.OFFSET;
    for (let axis: u32 = 0; axis < 2; axis++) {
      if (at(key, q.index * 2 + axis) != (zero ? 0 : 1)) return refuseEntry(q, key, axis, zero ? "0 here" : "1 here");
    }
  }
  return true;
}

function checkPooling(q: Projection): bool {
  const source = population(q.source);
  if (q.pool >= Pool.COUNT || (q.pool && q.source == 0)) {
    aboutProjectionKey(q, Key.POOL, q.source ? "must be 0…2" : "must be 0, the input cannot be pooled");
    return found(q.pool);
  }
  if (q.pool == Pool.NONE) return checkPlain(q, Columns.POOLING, Columns.POOLING_END);
  const area = <u64>q.poolHeight * q.poolWidth;
  if (!area || area > MOST_POOLED || area * q.sourceCount > MOST_POOLED) {
    aboutProjectionKey(q, Key.POOL_SIZE, "must leave 1…268435456 values, found ");
    sayShape(q.poolHeight, q.poolWidth, q.sourceCount);
    return false;
  }
  return (
    checkWindows(q, Key.POOL_KERNEL, 0, q.poolHeight, source.height) &&
    checkWindows(q, Key.POOL_KERNEL, 1, q.poolWidth, source.width)
  );
}

function checkConvolution(q: Projection): bool {
  return checkWindows(q, Key.KERNEL, 0, q.height, mapHeight(q)) && checkWindows(q, Key.KERNEL, 1, q.width, mapWidth(q));
}

/** Checks one entry of a relay. */
function checkEntry(q: Projection, key: i32, value: u32, expected: u32): bool {
  if (value == expected) return true;
  aboutProjectionKey(q, key, "must be ");
  sayNumber(expected);
  say(" into a synchronous population");
  return found(value);
}

function checkRelay(q: Projection): bool {
  const source = population(q.source);
  const target = population(q.target);
  if (source.height != target.height || source.width != target.width || source.channels != target.channels) {
    return aboutProjection(q, "must join equal shapes into a synchronous population");
  }
  return (
    checkEntry(q, Key.SOURCE_CHANNELS, q.sourceCount, source.channels) &&
    checkEntry(q, Key.TARGET_CHANNELS, q.targetCount, target.channels) &&
    checkEntry(q, Key.REGION, q.height, target.height) &&
    checkEntry(q, Key.REGION, q.width, target.width) &&
    checkEntry(q, Key.POOL, q.pool, 0) &&
    checkEntry(q, Key.GROUPS, q.groups, 1) &&
    checkPlain(q, Columns.CONVOLUTION, Columns.CONVOLUTION_END)
  );
}

/** Links the projections of each population, in file order. */
function link(): void {
  for (let j = projectionCount; j > 0; j--) {
    const q = projection(j - 1);
    const source = population(q.source);
    const target = population(q.target);
    q.nextIncoming = target.incoming;
    q.nextOutgoing = source.outgoing;
    target.incoming = q;
    source.outgoing = q;
  }
}

function checkGraph(): bool {
  let deepest: u32 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p: Population = population(i);
    if (i && !p.incoming) {
      return aboutPopulation(p, "has no incoming projection");
    }
    if (!isOutput(p) && !p.outgoing) {
      return aboutPopulation(p, "has no outgoing projection");
    }
    if (isRelay(p) && p.incoming!.nextIncoming) {
      return aboutPopulation(p, "is synchronous and has more than one incoming projection");
    }
    if (!isOutput(p)) deepest = max(deepest, p.depth);
  }
  setDeepest(deepest);
  return true;
}
