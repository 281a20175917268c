/** The rules of docs/format.md that hold before quantisation. */

import assert from "node:assert/strict";
import type { UnquantizedNetwork } from "../../../convert/network/network.ts";
import type { Pair } from "../../../convert/wiring.ts";

/** The rules of docs/format.md that hold before quantisation. */
export function assertWellFormed({ populations, projections }: UnquantizedNetwork): void {
  assert.equal(populations.filter((p) => p.kind === "input").length, 1);
  assert.equal(populations[0].kind, "input");
  assert.equal(new Set(populations.map((p) => p.name)).size, populations.length, "names are unique");
  populations.forEach((p, i) => {
    const incoming = projections.filter((q) => q.target === i);
    const outgoing = projections.filter((q) => q.source === i);
    const what = `population ${i} '${p.name}'`;
    if (p.kind === "input") assert.equal(p.depth, 0);
    else assert.ok(incoming.length > 0, `${what} has no incoming projection`);
    if (p.kind === "output") assert.equal(outgoing.length, 0, `${what} has outgoing projections`);
    else assert.ok(outgoing.length > 0, `${what} has no outgoing projection`);
    for (const { source, target } of incoming) {
      assert.ok(source < target, `${what} comes before its source`);
      assert.equal(populations[source].depth + 1, p.depth, `${what}: depth`);
    }
    const none = p.kind === "input" || p.kind === "synchronous";
    const lengths = none ? [0] : [p.channels, p.height * p.width * p.channels];
    assert.ok(lengths.includes(p.bias.length), `${what}: bias of ${p.bias.length}`);
    assert.equal(p.view === null, none || p.above !== undefined, `${what}: view`);
    if (p.kind === "synchronous") assert.equal(incoming.length, 1);
  });
  projections.forEach((q, j) => {
    const source = populations[q.source];
    const target = populations[q.target];
    const what = `projection ${j} '${source.name}' → '${target.name}'`;
    const [top, left, height, width] = q.region;
    assert.ok(q.sourceChannels[0] >= 0 && q.sourceChannels[0] + q.sourceChannels[1] <= source.channels, what);
    assert.ok(q.targetChannels[0] >= 0 && q.targetChannels[0] + q.targetChannels[1] <= target.channels, what);
    assert.ok(top >= 0 && left >= 0 && height > 0 && width > 0, what);
    assert.ok(top + height <= target.height && left + width <= target.width, what);
    assert.equal(q.sourceChannels[1] % q.groups, 0, what);
    assert.equal(q.targetChannels[1] % q.groups, 0, what);
    const taps = q.kernel[0] * q.kernel[1];
    const weights = target.kind === "synchronous" ? 0 : (q.targetChannels[1] * taps * q.sourceChannels[1]) / q.groups;
    assert.equal(q.weight.length, weights, what);
    const map: Pair = q.pool?.size ?? [source.height, source.width];
    assertWindows(q, [height, width], map, what);
    if (q.pool) {
      assert.notEqual(source.kind, "input", `${what} pools the input`);
      assertWindows(q.pool, q.pool.size, [source.height, source.width], `${what}: pool`);
    }
  });
}

/** No window starts more than its whole extent outside the map. */
function assertWindows(
  windows: { kernel: Pair; stride: Pair; dilation: Pair; offset: Pair },
  positions: Pair,
  map: Pair,
  what: string,
): void {
  for (const axis of [0, 1] as const) {
    const extent = (windows.kernel[axis] - 1) * windows.dilation[axis] + 1;
    const last = (positions[axis] - 1) * windows.stride[axis] - windows.offset[axis];
    assert.ok(windows.offset[axis] <= extent && last <= map[axis] - 1 + extent, `${what}: window outside its map`);
    assert.ok(windows.kernel[axis] >= 1 && windows.stride[axis] >= 1 && windows.dilation[axis] >= 1, what);
  }
}
