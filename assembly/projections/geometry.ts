/** Decides how a projection is computed in period mode: kernel, staged map, runs of contiguous values. */
import { largestValue, mapHeight, mapWidth, population } from "../network/network";
import { Kind } from "../network/population";
import { Kernel, Pool, Projection } from "../network/projection";
import { QUADS } from "../kernels/quad";
import { found, say } from "../model/message";
import { aboutProjection } from "../model/projections";

/** Largest staged map, bytes. */
const MOST_STAGED: u64 = 1 << 31;

/** Sets all period-mode fields but the memory's; false (with a message) where the staged map would be too large. */
export function planGeometry(p: Projection): bool {
  if (population(p.target).kind == Kind.SYNCHRONOUS) {
    p.kernel = Kernel.RELAY;
    return true;
  }
  const most = largestValue(p);
  const perGroup = p.sourceCount / p.groups;
  if (most > 32767) {
    p.kernel = Kernel.WIDE;
    p.valueSize = 4;
  } else if (p.groups > 1 && perGroup == 1 && most <= 255) {
    p.kernel = Kernel.DEPTHWISE;
    p.valueSize = 1;
  } else if (QUADS && p.weightBits == 8 && most <= 127) {
    p.kernel = Kernel.QUAD;
    p.valueSize = 1;
  } else {
    p.kernel = Kernel.PAIR;
    p.valueSize = 2;
  }
  const multiplier = p.kernel == Kernel.DEPTHWISE ? p.targetCount / p.groups : 1;
  p.stageChannels = p.sourceCount * multiplier;
  p.stageTop = -<i64>p.offsetH;
  p.stageLeft = -<i64>p.offsetW;
  const height = <u64>(p.height - 1) * p.strideH + <u64>(p.kernelH - 1) * p.dilationH + 1;
  const width = <u64>(p.width - 1) * p.strideW + <u64>(p.kernelW - 1) * p.dilationW + 1;
  const source = population(p.source);
  p.inPlace = p.pool == Pool.NONE && p.valueSize == 1 && multiplier == 1 && p.stageTop >= 0 && p.stageLeft >= 0 &&
    <u64>p.stageTop + height <= mapHeight(p) && <u64>p.stageLeft + width <= mapWidth(p);
  if (p.inPlace) {
    p.positionBytes = source.channels;
    p.rowBytes = source.width * source.channels;
    p.stepH = p.strideH;
    p.stepW = p.strideW;
  } else {
    // A kernel of one row (column) sees only every stride-th: no other is staged.
    p.stageStepH = p.kernelH == 1 ? p.strideH : 1;
    p.stageStepW = p.kernelW == 1 ? p.strideW : 1;
    p.stepH = p.kernelH == 1 ? 1 : p.strideH;
    p.stepW = p.kernelW == 1 ? 1 : p.strideW;
    const stageHeight = p.kernelH == 1 ? <u64>p.height : height;
    const stageWidth = p.kernelW == 1 ? <u64>p.width : width;
    // Rows and columns are below 2^33 each by the rule on windows.
    const area = stageHeight * stageWidth;
    if (area > MOST_STAGED || area * p.stageChannels * p.valueSize > MOST_STAGED) {
      aboutProjection(p);
      say("reaches over a padded map of more than 2147483648 bytes, rows");
      found(stageHeight);
      say(", columns");
      found(stageWidth);
      return false;
    }
    p.stageHeight = <u32>stageHeight;
    p.stageWidth = <u32>stageWidth;
    p.positionBytes = p.stageChannels * p.valueSize;
    p.rowBytes = p.stageWidth * p.positionBytes;
  }
  planRuns(p, perGroup);
  return true;
}

function planRuns(p: Projection, perGroup: u32): void {
  p.runsH = p.kernelH;
  p.runsW = p.kernelW;
  p.runLength = perGroup;
  p.runBytesH = p.kernelH > 1 ? p.dilationH * p.rowBytes : 0;
  p.runBytesW = p.kernelW > 1 ? p.dilationW * p.positionBytes : 0;
  if (p.kernel == Kernel.DEPTHWISE) return;
  if (p.kernelW == 1 || p.runBytesW == perGroup * p.valueSize) {
    p.runsW = 1;
    p.runLength = p.kernelW * perGroup;
  }
  if (p.runsW == 1 && (p.kernelH == 1 || p.runBytesH == p.runLength * p.valueSize)) {
    p.runsH = 1;
    p.runLength *= p.kernelH;
  }
}

/** Bytes of the staged map, 0 in place. */
export function stageBytes(p: Projection): u64 {
  if (p.inPlace || p.kernel == Kernel.RELAY) return 0;
  return <u64>p.stageHeight * p.rowBytes;
}
