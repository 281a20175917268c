/** Reads and checks the projection columns and the graph they form. */
import { release, mark, reserve, reserveZeroed } from "../network/arena";
import { mapHeight, mapWidth, population, populationCount, projection, setDeepest, setProjections } from "../network/network";
import { Kind, Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { Key, at, countOf, requireCount, requireKey, sayKey } from "./keys";
import { found, say, sayNumber, start } from "./message";
import { aboutPopulation, sayPopulation } from "./populations";

const MOST: u32 = 65535;
const REACH: i32 = 1 << 15;
const MOST_POOLED: u64 = 1 << 28;

/** Starts a message about a projection: its number, source and target. */
export function aboutProjection(p: Projection): void {
  start("projection ");
  sayNumber(p.index);
  say(" (");
  sayPopulation(population(p.source));
  say(" → ");
  sayPopulation(population(p.target));
  say("): ");
}

export function readProjections(): bool {
  if (!requireKey(Key.SOURCE)) return false;
  const count = countOf(Key.SOURCE);
  if (count < 1 || count > MOST) {
    start("a model has 1…65535 projections");
    found(count);
    return false;
  }
  if (!requireCount(Key.TARGET, count, Key.SOURCE)) return false;
  for (let key = Key.SOURCE_CHANNELS; key < Key.GROUPS; key++) {
    if (!requireCount(key, key == Key.REGION ? count * 4 : key == Key.POOL ? count : count * 2, Key.SOURCE)) return false;
  }
  if (!requireCount(Key.GROUPS, count, Key.SOURCE)) return false;

  const records = reserveZeroed(count, offsetof<Projection>());
  const incoming = reserve(count, 4);
  const outgoing = reserve(count, 4);
  if (!records || !incoming || !outgoing) return false;
  setProjections(records, count, incoming, outgoing);
  for (let j: u32 = 0; j < count; j++) {
    const p = projection(j);
    readColumns(p, j);
    if (!checkEnds(p)) return false;
    if (!checkChannels(p) || !checkPooling(p) || !checkConvolution(p)) return false;
    if (population(p.target).kind == Kind.SYNCHRONOUS && !checkRelay(p)) return false;
  }
  return listByPopulation(count, incoming, outgoing) && checkGraph();
}

function readColumns(p: Projection, j: u32): void {
  p.index = j;
  p.source = at(Key.SOURCE, j);
  p.target = at(Key.TARGET, j);
  p.sourceFirst = at(Key.SOURCE_CHANNELS, 2 * j);
  p.sourceCount = at(Key.SOURCE_CHANNELS, 2 * j + 1);
  p.targetFirst = at(Key.TARGET_CHANNELS, 2 * j);
  p.targetCount = at(Key.TARGET_CHANNELS, 2 * j + 1);
  p.top = at(Key.REGION, 4 * j);
  p.left = at(Key.REGION, 4 * j + 1);
  p.height = at(Key.REGION, 4 * j + 2);
  p.width = at(Key.REGION, 4 * j + 3);
  p.pool = at(Key.POOL, j);
  p.poolHeight = at(Key.POOL_SIZE, 2 * j);
  p.poolWidth = at(Key.POOL_SIZE, 2 * j + 1);
  p.poolKernelH = at(Key.POOL_KERNEL, 2 * j);
  p.poolKernelW = at(Key.POOL_KERNEL, 2 * j + 1);
  p.poolStrideH = at(Key.POOL_STRIDE, 2 * j);
  p.poolStrideW = at(Key.POOL_STRIDE, 2 * j + 1);
  p.poolDilationH = at(Key.POOL_DILATION, 2 * j);
  p.poolDilationW = at(Key.POOL_DILATION, 2 * j + 1);
  p.poolOffsetH = <i32>at(Key.POOL_OFFSET, 2 * j);
  p.poolOffsetW = <i32>at(Key.POOL_OFFSET, 2 * j + 1);
  p.kernelH = at(Key.KERNEL, 2 * j);
  p.kernelW = at(Key.KERNEL, 2 * j + 1);
  p.strideH = at(Key.STRIDE, 2 * j);
  p.strideW = at(Key.STRIDE, 2 * j + 1);
  p.dilationH = at(Key.DILATION, 2 * j);
  p.dilationW = at(Key.DILATION, 2 * j + 1);
  p.offsetH = <i32>at(Key.OFFSET, 2 * j);
  p.offsetW = <i32>at(Key.OFFSET, 2 * j + 1);
  p.groups = at(Key.GROUPS, j);
}

function checkEnds(p: Projection): bool {
  if (p.target >= populationCount || p.source >= p.target) {
    start("projection ");
    sayNumber(p.index);
    say(": ");
    sayKey(Key.SOURCE);
    say("must be below ");
    sayKey(Key.TARGET);
    say("and that below ");
    sayNumber(populationCount);
    say(", found ");
    sayNumber(p.source);
    say(" → ");
    sayNumber(p.target);
    return false;
  }
  const source = population(p.source);
  const target = population(p.target);
  if (source.kind == Kind.OUTPUT) {
    aboutProjection(p);
    say("leaves an output population, which does not fire");
    return false;
  }
  if (<u64>target.depth != <u64>source.depth + 1) {
    aboutProjection(p);
    say("must join depth n to depth n + 1, found ");
    sayNumber(source.depth);
    say(" → ");
    sayNumber(target.depth);
    return false;
  }
  return true;
}

/** Checks that first and count, of a key's entries, lie within a size. */
function checkRange(p: Projection, key: i32, first: u32, count: u32, size: u32): bool {
  if (count && <u64>first + count <= size) return true;
  aboutProjection(p);
  sayKey(key);
  say("must lie within ");
  sayNumber(size);
  say(", found ");
  sayNumber(count);
  say(" from ");
  sayNumber(first);
  return false;
}

function checkChannels(p: Projection): bool {
  const source = population(p.source);
  const target = population(p.target);
  if (!checkRange(p, Key.SOURCE_CHANNELS, p.sourceFirst, p.sourceCount, source.channels) ||
    !checkRange(p, Key.TARGET_CHANNELS, p.targetFirst, p.targetCount, target.channels) ||
    !checkRange(p, Key.REGION, p.top, p.height, target.height) ||
    !checkRange(p, Key.REGION, p.left, p.width, target.width)) {
    return false;
  }
  if (!p.groups || p.sourceCount % p.groups || p.targetCount % p.groups) {
    aboutProjection(p);
    sayKey(Key.GROUPS);
    say("must divide ");
    sayNumber(p.sourceCount);
    say(" source and ");
    sayNumber(p.targetCount);
    say(" target channels");
    found(p.groups);
    return false;
  }
  return true;
}

function refuseStep(p: Projection, key: i32, value: u32): bool {
  aboutProjection(p);
  sayKey(key);
  say("must be 1…32767");
  found(value);
  return false;
}

/**
 * Checks one axis of windows, `count` of them over a map of `size`. `key` is the first of the four keys of a convolution
 * or a pooling, which stand in the order kernel, stride, dilation, offset.
 */
function checkWindows(p: Projection, key: i32, count: u32, size: u32, kernel: u32, stride: u32, dilation: u32, offset: i32): bool {
  if (kernel - 1 >= <u32>REACH - 1) return refuseStep(p, key, kernel);
  if (stride - 1 >= <u32>REACH - 1) return refuseStep(p, key + 1, stride);
  if (dilation - 1 >= <u32>REACH - 1) return refuseStep(p, key + 2, dilation);
  if (offset > REACH || offset < -REACH) {
    aboutProjection(p);
    sayKey(key + 3);
    say("must be within ±32768");
    found(offset);
    return false;
  }
  const extent = <i64>(kernel - 1) * dilation + 1;
  const last = <i64>(count - 1) * stride - offset;
  if (offset <= extent && last <= <i64>size - 1 + extent) return true;
  aboutProjection(p);
  sayKey(key + 3);
  say("and ");
  sayKey(key + 1);
  say("must not let windows start more than their extent of ");
  sayNumber(extent);
  say(" outside a map of ");
  sayNumber(size);
  say(", found starts from ");
  sayNumber(-<i64>offset);
  say(" to ");
  sayNumber(last);
  return false;
}

/** Where there is no pooling its columns hold the values of none. */
function checkNone(p: Projection, key: i32, height: u32, width: u32, expected: u32): bool {
  if (height == expected && width == expected) return true;
  aboutProjection(p);
  sayKey(key);
  say("must be ");
  sayNumber(expected);
  say(" where nothing is pooled");
  found(<i32>(height == expected ? width : height));
  return false;
}

function checkPooling(p: Projection): bool {
  const source = population(p.source);
  if (p.pool > Pool.SUM || (p.pool && p.source == 0)) {
    aboutProjection(p);
    sayKey(Key.POOL);
    say(p.source ? "must be 0…2" : "must be 0: the input cannot be pooled");
    found(p.pool);
    return false;
  }
  if (p.pool == Pool.NONE) {
    return checkNone(p, Key.POOL_SIZE, p.poolHeight, p.poolWidth, 0) &&
      checkNone(p, Key.POOL_KERNEL, p.poolKernelH, p.poolKernelW, 1) &&
      checkNone(p, Key.POOL_STRIDE, p.poolStrideH, p.poolStrideW, 1) &&
      checkNone(p, Key.POOL_DILATION, p.poolDilationH, p.poolDilationW, 1) &&
      checkNone(p, Key.POOL_OFFSET, p.poolOffsetH, p.poolOffsetW, 0);
  }
  const area = <u64>p.poolHeight * p.poolWidth;
  if (!area || area > MOST_POOLED || area * p.sourceCount > MOST_POOLED) {
    aboutProjection(p);
    sayKey(Key.POOL_SIZE);
    say("must leave 1…268435456 values, found ");
    sayNumber(p.poolHeight);
    say(" × ");
    sayNumber(p.poolWidth);
    say(" × ");
    sayNumber(p.sourceCount);
    return false;
  }
  return checkWindows(p, Key.POOL_KERNEL, p.poolHeight, source.height, p.poolKernelH, p.poolStrideH, p.poolDilationH, p.poolOffsetH) &&
    checkWindows(p, Key.POOL_KERNEL, p.poolWidth, source.width, p.poolKernelW, p.poolStrideW, p.poolDilationW, p.poolOffsetW);
}

function checkConvolution(p: Projection): bool {
  return checkWindows(p, Key.KERNEL, p.height, mapHeight(p), p.kernelH, p.strideH, p.dilationH, p.offsetH) &&
    checkWindows(p, Key.KERNEL, p.width, mapWidth(p), p.kernelW, p.strideW, p.dilationW, p.offsetW);
}

/** Checks a column of a relay, all of whose values are given. */
function checkPlain(p: Projection, key: i32, height: u32, width: u32, expectedHeight: u32, expectedWidth: u32): bool {
  if (height == expectedHeight && width == expectedWidth) return true;
  aboutProjection(p);
  sayKey(key);
  say("must be ");
  sayNumber(expectedHeight);
  say(", ");
  sayNumber(expectedWidth);
  say(" into a synchronous population, found ");
  sayNumber(<i32>height);
  say(", ");
  sayNumber(<i32>width);
  return false;
}

function checkRelay(p: Projection): bool {
  const source = population(p.source);
  const target = population(p.target);
  if (source.height != target.height || source.width != target.width || source.channels != target.channels) {
    aboutProjection(p);
    say("must join equal shapes, as it enters a synchronous population");
    return false;
  }
  return checkPlain(p, Key.SOURCE_CHANNELS, p.sourceFirst, p.sourceCount, 0, source.channels) &&
    checkPlain(p, Key.TARGET_CHANNELS, p.targetFirst, p.targetCount, 0, target.channels) &&
    checkPlain(p, Key.REGION, p.height, p.width, target.height, target.width) &&
    checkPlain(p, Key.POOL, p.pool, 0, 0, 0) &&
    checkPlain(p, Key.KERNEL, p.kernelH, p.kernelW, 1, 1) &&
    checkPlain(p, Key.STRIDE, p.strideH, p.strideW, 1, 1) &&
    checkPlain(p, Key.DILATION, p.dilationH, p.dilationW, 1, 1) &&
    checkPlain(p, Key.OFFSET, p.offsetH, p.offsetW, 0, 0) &&
    checkPlain(p, Key.GROUPS, p.groups, 1, 1, 1);
}

/** Lists the projections of each population, in file order. */
function listByPopulation(count: u32, incoming: usize, outgoing: usize): bool {
  for (let j: u32 = 0; j < count; j++) {
    const p = projection(j);
    population(p.target).incoming++;
    population(p.source).outgoing++;
  }
  const saved = mark();
  const next = reserveZeroed(populationCount, 8);
  if (!next) return false;
  let firstIncoming: u32 = 0;
  let firstOutgoing: u32 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    p.firstIncoming = firstIncoming;
    p.firstOutgoing = firstOutgoing;
    firstIncoming += p.incoming;
    firstOutgoing += p.outgoing;
  }
  for (let j: u32 = 0; j < count; j++) {
    const p = projection(j);
    const target = next + (<usize>p.target << 3);
    const source = next + (<usize>p.source << 3) + 4;
    store<u32>(incoming + (<usize>(population(p.target).firstIncoming + load<u32>(target)) << 2), j);
    store<u32>(outgoing + (<usize>(population(p.source).firstOutgoing + load<u32>(source)) << 2), j);
    store<u32>(target, load<u32>(target) + 1);
    store<u32>(source, load<u32>(source) + 1);
  }
  release(saved);
  return true;
}

function checkGraph(): bool {
  let deepest: u32 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p: Population = population(i);
    if (i && !p.incoming) {
      aboutPopulation(p);
      say("has no incoming projection");
      return false;
    }
    if (p.kind != Kind.OUTPUT && !p.outgoing) {
      aboutPopulation(p);
      say("has no outgoing projection");
      return false;
    }
    if (p.kind == Kind.SYNCHRONOUS && p.incoming != 1) {
      aboutPopulation(p);
      say("is synchronous and must have one incoming projection");
      found(p.incoming);
      return false;
    }
    if (p.kind == Kind.BISTABLE || p.kind == Kind.SYNCHRONOUS) deepest = max(deepest, p.depth);
  }
  setDeepest(deepest);
  return true;
}
