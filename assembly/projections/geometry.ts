/** Decides how a projection is computed in period mode: kernel, staged map, runs of contiguous values. */
import { largestValue, mapHeight, mapWidth, population } from "../network/network";
import { Kind } from "../network/population";
import { Kernel, MAIN, Pool, Projection, across } from "../network/projection";
import { QUADS } from "../kernels/quad";
import { found, say } from "../message/message";
import { aboutProjection } from "../network/about";

/** Largest staged map, bytes. */
const MOST_STAGED: u64 = 1 << 30;

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
  } else if (p.groups > 1 && p.groups == p.sourceCount && p.groups == p.targetCount && most <= 255) {
    p.kernel = Kernel.DEPTHWISE;
    p.valueSize = 1;
  } else if (QUADS && p.weightBits == 8 && most <= 127) {
    p.kernel = Kernel.QUAD;
    p.valueSize = 1;
  } else {
    p.kernel = QUADS || p.weightBits > 8 ? Kernel.WORDS : Kernel.BYTES;
    p.valueSize = 2;
  }
  const source = population(p.source);
  const height = planAxis(p);
  const width = planAxis(across(p));
  const inside = p.stageTop >= 0 && p.stageLeft >= 0 && <u32>p.stageTop + height <= mapHeight(p) && <u32>p.stageLeft + width <= mapWidth(p);
  p.inPlace = inside && p.pool == Pool.NONE && p.valueSize == 1;
  // What lies outside a map adds nothing, but for the input's, which has values.
  p.skips = !inside && p.kernel == MAIN && p.source != 0;
  if (p.inPlace) {
    p.positionBytes = source.channels;
    p.rowBytes = source.width * source.channels;
    p.stepH = p.strideH;
    p.stepW = p.strideW;
  } else {
    p.positionBytes = p.sourceCount * p.valueSize;
    // Each side is cut at the limit, so that the product cannot wrap.
    const area = min<u64>(p.stageHeight, MOST_STAGED) * min<u64>(p.stageWidth, MOST_STAGED);
    if (area > MOST_STAGED || area * p.positionBytes > MOST_STAGED) {
      aboutProjection(p, "reaches over a padded map of more than 1073741824 bytes, rows");
      found(p.stageHeight);
      say(", columns");
      return found(p.stageWidth);
    }
    p.rowBytes = p.stageWidth * p.positionBytes;
  }
  planRuns(p, perGroup);
  return true;
}

/** Plans the vertical axis (or, seen across, the horizontal one); returns how far its windows reach. */
function planAxis(p: Projection): u32 {
  // Below 2^32 by the rule on windows.
  const reach = (p.height - 1) * p.strideH + (p.kernelH - 1) * p.dilationH + 1;
  // A kernel of one row sees only every stride-th: no other is staged.
  const single = p.kernelH == 1;
  p.stageTop = -p.offsetH;
  p.stageStepH = single ? p.strideH : 1;
  p.stepH = single ? 1 : p.strideH;
  p.stageHeight = single ? p.height : reach;
  return reach;
}

function planRuns(p: Projection, perGroup: u32): void {
  p.runsH = p.kernelH;
  p.runsW = p.kernelW;
  p.runLength = p.kernel == Kernel.DEPTHWISE ? 1 : perGroup;
  p.runBytesH = p.kernelH > 1 ? p.dilationH * p.rowBytes : 0;
  p.runBytesW = p.kernelW > 1 ? p.dilationW * p.positionBytes : 0;
  if (p.kernel == Kernel.DEPTHWISE) return;
  // Of runs that are not joined more can be left out, but a kernel's steps do not cross them.
  if (p.skips && perGroup % (QUADS ? 16 : 4) == 0) return;
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
  return p.inPlace || p.kernel == Kernel.RELAY ? 0 : <u64>p.stageHeight * p.rowBytes;
}
