/** Decides how a projection is computed in period mode: kernel, staged map, strips of contiguous values. */
import { largestValue, mapHeight, mapWidth, population } from "../network/network";
import { isRelay } from "../neurons/neurons";
import { Kernel, Pool, Projection, across } from "../network/projection";
import { MAIN, MAIN_TURN, kernelFor, valueSizeOf } from "../kernels/kernels";
import { found, say } from "../message/message";
import { aboutProjection } from "../network/about";

/** Largest staged map, bytes. */
const MOST_STAGED: u64 = 1 << 30;

/** Sets all period-mode fields but the memory's; false (with a message) where the staged map would be too large. */
export function planGeometry(q: Projection): bool {
  if (isRelay(population(q.target))) {
    q.kernel = Kernel.RELAY;
    return true;
  }
  const most = largestValue(q);
  const perGroup = q.sourceCount / q.groups;
  const alone = q.groups > 1 && q.groups == q.sourceCount && q.groups == q.targetCount;
  if (most > 32767) q.kernel = Kernel.WIDE;
  else q.kernel = alone && most <= 255 ? Kernel.DEPTHWISE : kernelFor(q.weightBits, most);
  q.valueSize = valueSizeOf(q.kernel);
  const source = population(q.source);
  const height = planAxis(q);
  const width = planAxis(across(q));
  const inside =
    q.stageTop >= 0 &&
    q.stageLeft >= 0 &&
    <u32>q.stageTop + height <= mapHeight(q) &&
    <u32>q.stageLeft + width <= mapWidth(q);
  q.inPlace = inside && q.pool == Pool.NONE && q.valueSize == 1;
  // What lies outside a map adds nothing, but for the input's, which has values.
  q.skips = !inside && q.kernel == MAIN && q.source != 0;
  if (q.inPlace) {
    q.positionBytes = source.channels;
    q.rowBytes = source.width * source.channels;
    q.stageStrideH = q.strideH;
    q.stageStrideW = q.strideW;
  } else {
    q.positionBytes = q.sourceCount * q.valueSize;
    // Each side is cut at the limit, so that the product cannot wrap.
    const area = min<u64>(q.stageHeight, MOST_STAGED) * min<u64>(q.stageWidth, MOST_STAGED);
    if (area > MOST_STAGED || area * q.positionBytes > MOST_STAGED) {
      aboutProjection(q, "reaches over a padded map of more than 1073741824 bytes, rows");
      found(q.stageHeight);
      say(", columns");
      return found(q.stageWidth);
    }
    q.rowBytes = q.stageWidth * q.positionBytes;
  }
  planStrips(q, perGroup);
  return true;
}

/** Plans the vertical axis (or, seen across, the horizontal one); returns the extent of its windows. */
function planAxis(q: Projection): u32 {
  // Below 2^32 by the rule on windows.
  const extent = (q.height - 1) * q.strideH + (q.kernelH - 1) * q.dilationH + 1;
  // A kernel of one row sees only every stride-th: no other is staged.
  const single = q.kernelH == 1;
  q.stageTop = -q.offsetH;
  q.mapStrideH = single ? q.strideH : 1;
  q.stageStrideH = single ? 1 : q.strideH;
  q.stageHeight = single ? q.height : extent;
  return extent;
}

function planStrips(q: Projection, perGroup: u32): void {
  q.stripsH = q.kernelH;
  q.stripsW = q.kernelW;
  q.stripLength = q.kernel == Kernel.DEPTHWISE ? 1 : perGroup;
  q.stripBytesH = q.kernelH > 1 ? q.dilationH * q.rowBytes : 0;
  q.stripBytesW = q.kernelW > 1 ? q.dilationW * q.positionBytes : 0;
  if (q.kernel == Kernel.DEPTHWISE) return;
  // Of strips that are not joined more can be left out, but a kernel's turns do not cross them.
  if (q.skips && perGroup % MAIN_TURN == 0) return;
  if (q.kernelW == 1 || q.stripBytesW == perGroup * q.valueSize) {
    q.stripsW = 1;
    q.stripLength = q.kernelW * perGroup;
  }
  if (q.stripsW == 1 && (q.kernelH == 1 || q.stripBytesH == q.stripLength * q.valueSize)) {
    q.stripsH = 1;
    q.stripLength *= q.kernelH;
  }
}

/** Bytes of the staged map, 0 in place. */
export function stageBytes(q: Projection): u64 {
  return q.inPlace || q.kernel == Kernel.RELAY ? 0 : <u64>q.stageHeight * q.rowBytes;
}
