/** Reads and checks the projection columns and the graph they form. */
import { release, mark, reserve, reserveZeroed } from "../network/arena";
import { mapHeight, mapWidth, population, populationCount, projection, setDeepest, setProjections } from "../network/network";
import { Kind, Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { Key, at, countOf, requireCount, requireKey } from "./keys";
import { found, say, sayNumber, start } from "./message";
import { aboutPopulation, sayPopulation } from "./populations";

const MOST: u32 = 65535;
const REACH: i32 = 1 << 15;

/** Starts a message about a projection: its number, source and target. */
export function aboutProjection(p: Projection): void {
  start("projection ");
  sayNumber(p.index);
  say(" (");
  sayPopulation(population(p.source));
  say(" → ");
  sayPopulation(population(p.target));
  say(") ");
}

export function readProjections(): bool {
  if (!requireKey(Key.SOURCE)) return false;
  const count = countOf(Key.SOURCE);
  if (count < 1 || count > MOST) {
    start("a model has 1…65535 projections");
    found(count);
    return false;
  }
  if (!requireCount(Key.TARGET, count)) return false;
  for (let key = Key.SOURCE_CHANNELS; key < Key.GROUPS; key++) {
    if (!requireCount(key, key == Key.REGION ? count * 4 : key == Key.POOL ? count : count * 2)) return false;
  }
  if (!requireCount(Key.GROUPS, count)) return false;

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
    say(" must join a population to a later one of ");
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

function checkRange(p: Projection, what: string, first: u32, count: u32, size: u32): bool {
  if (count && <u64>first + count <= size) return true;
  aboutProjection(p);
  say(what);
  say(" (first ");
  sayNumber(first);
  say(", count ");
  sayNumber(count);
  say(") must lie in 0…");
  sayNumber(<i64>size - 1);
  return false;
}

function checkChannels(p: Projection): bool {
  const source = population(p.source);
  const target = population(p.target);
  if (!checkRange(p, "source channels", p.sourceFirst, p.sourceCount, source.channels)) return false;
  if (!checkRange(p, "target channels", p.targetFirst, p.targetCount, target.channels)) return false;
  if (!checkRange(p, "region rows", p.top, p.height, target.height)) return false;
  if (!checkRange(p, "region columns", p.left, p.width, target.width)) return false;
  if (!p.groups || p.sourceCount % p.groups || p.targetCount % p.groups) {
    aboutProjection(p);
    say("groups must divide ");
    sayNumber(p.sourceCount);
    say(" source and ");
    sayNumber(p.targetCount);
    say(" target channels");
    found(p.groups);
    return false;
  }
  return true;
}

/** Checks one axis of windows: `count` of them over a map of `size`. */
function checkWindows(p: Projection, what: string, count: u32, size: u32, kernel: u32, stride: u32, dilation: u32, offset: i32): bool {
  if (kernel - 1 >= <u32>REACH - 1 || stride - 1 >= <u32>REACH - 1 || dilation - 1 >= <u32>REACH - 1) {
    aboutProjection(p);
    say(what);
    say(" kernel, stride and dilation must be 1…32767, found ");
    sayNumber(kernel);
    say(", ");
    sayNumber(stride);
    say(", ");
    sayNumber(dilation);
    return false;
  }
  if (offset > REACH || offset < -REACH) {
    aboutProjection(p);
    say(what);
    say(" offset must be within ±32768");
    found(offset);
    return false;
  }
  const extent = <i64>(kernel - 1) * dilation + 1;
  const last = <i64>(count - 1) * stride - offset;
  if (offset > extent || last > <i64>size - 1 + extent) {
    aboutProjection(p);
    say(what);
    say(" windows must not start more than their extent (");
    sayNumber(extent);
    say(") outside the map of ");
    sayNumber(size);
    say(", found starts from ");
    sayNumber(-offset);
    say(" to ");
    sayNumber(last);
    return false;
  }
  return true;
}

function checkPooling(p: Projection): bool {
  const source = population(p.source);
  if (p.pool > Pool.SUM) {
    aboutProjection(p);
    say("pool must be 0…2");
    found(p.pool);
    return false;
  }
  if (p.pool == Pool.NONE) {
    const plain = (p.poolHeight | p.poolWidth | <u32>p.poolOffsetH | <u32>p.poolOffsetW) == 0 &&
      p.poolKernelH == 1 && p.poolKernelW == 1 && p.poolStrideH == 1 && p.poolStrideW == 1 &&
      p.poolDilationH == 1 && p.poolDilationW == 1;
    if (plain) return true;
    aboutProjection(p);
    say("does not pool: its pool columns must hold size 0, kernel, stride and dilation 1, and offset 0");
    return false;
  }
  if (p.source == 0) {
    aboutProjection(p);
    say("pools the input, which is not possible");
    return false;
  }
  if (!p.poolHeight || !p.poolWidth || <u64>p.poolHeight * p.poolWidth > (1 << 28) ||
    <u64>p.poolHeight * p.poolWidth * p.sourceCount > (1 << 28)) {
    aboutProjection(p);
    say("pooled map must have 1…268435456 values, found ");
    sayNumber(p.poolHeight);
    say("×");
    sayNumber(p.poolWidth);
    say("×");
    sayNumber(p.sourceCount);
    return false;
  }
  return checkWindows(p, "pooling (vertical)", p.poolHeight, source.height, p.poolKernelH, p.poolStrideH, p.poolDilationH, p.poolOffsetH) &&
    checkWindows(p, "pooling (horizontal)", p.poolWidth, source.width, p.poolKernelW, p.poolStrideW, p.poolDilationW, p.poolOffsetW);
}

function checkConvolution(p: Projection): bool {
  return checkWindows(p, "vertical", p.height, mapHeight(p), p.kernelH, p.strideH, p.dilationH, p.offsetH) &&
    checkWindows(p, "horizontal", p.width, mapWidth(p), p.kernelW, p.strideW, p.dilationW, p.offsetW);
}

function checkRelay(p: Projection): bool {
  const source = population(p.source);
  const target = population(p.target);
  if (source.height == target.height && source.width == target.width && source.channels == target.channels &&
    p.sourceCount == source.channels && p.targetCount == target.channels && p.height == target.height &&
    p.width == target.width && p.pool == Pool.NONE && p.kernelH == 1 && p.kernelW == 1 && p.strideH == 1 &&
    p.strideW == 1 && p.dilationH == 1 && p.dilationW == 1 && p.offsetH == 0 && p.offsetW == 0 && p.groups == 1) {
    return true;
  }
  aboutProjection(p);
  say("enters a synchronous population: it must join equal shapes one to one, without pooling");
  return false;
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
