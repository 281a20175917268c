/** Images of other proportions: what is taken of them, and where it goes. fits.json was worked out by hand. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import { FITS } from "../../../bindings/fits.ts";
import { cut, placementOf } from "../../../bindings/images/fit.ts";
import { createImageReader } from "../../../bindings/images/node.ts";
import { load } from "../../../bindings/node.ts";
import type { Fit } from "../../../bindings/types.ts";
import { convert } from "../../../convert/index.ts";
import { stateChecksum } from "../../../convert/write/checksum.ts";
import { random } from "../../support/random.ts";

interface Case {
  readonly fit: Fit;
  /** Width and height. */
  readonly image: readonly [number, number];
  readonly input: readonly [number, number];
  /** Left, top, width, height. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const cases = JSON.parse(readFileSync(new URL("fits.json", import.meta.url), "utf8")) as Case[];
const reader = createImageReader();
const test = suite("fit");

test("every fit takes and places what was worked out by hand", () => {
  assert.deepEqual(new Set(cases.map(({ fit }) => fit)), new Set(FITS));
  for (const { fit, image, input, from, to } of cases) {
    const found = placementOf(fit, { width: image[0], height: image[1] }, { width: input[0], height: input[1] });
    const list = ({ x, y, width, height }: typeof found.from) => [x, y, width, height];
    assert.deepEqual([list(found.from), list(found.to)], [from, to], `${fit} ${image} ${input}`);
  }
});

test("whatever the sizes, the parts lie inside and keep their proportions", () => {
  const next = random(3);
  const size = () => ({ width: 1 + Math.floor(next() * 90), height: 1 + Math.floor(next() * 90) });
  for (let n = 0; n < 2000; n++) {
    const [image, input] = [size(), size()];
    for (const fit of FITS) {
      const { from, to } = placementOf(fit, image, input);
      for (const [part, whole] of [
        [from, image],
        [to, input],
      ] as const) {
        assert.ok(part.x >= 0 && part.y >= 0 && part.width >= 1 && part.height >= 1);
        assert.ok(part.x + part.width <= whole.width && part.y + part.height <= whole.height);
        // As much behind a part as before it, or one more.
        assert.ok([0, 1].includes(whole.width - part.width - 2 * part.x));
        assert.ok([0, 1].includes(whole.height - part.height - 2 * part.y));
      }
      if (fit === "crop") assert.deepEqual([from.width, from.height], [to.width, to.height]);
      if (fit === "cover" || fit === "contain") {
        // One side is exact; the other is off by half a pixel at most.
        const [whole, part] = fit === "cover" ? [image, from] : [input, to];
        const other = fit === "cover" ? input : image;
        const wide = Math.abs(part.width - (part.height * other.width) / other.height);
        const high = Math.abs(part.height - (part.width * other.height) / other.width);
        assert.ok(part.width === whole.width || part.height === whole.height);
        assert.ok(Math.min(part.width, part.height) === 1 || Math.min(wide, high) <= 0.5);
      }
    }
  }
});

test("samples are those of the part alone, with black beside", async () => {
  const next = random(4);
  const data = Uint8ClampedArray.from({ length: 4 * 30 * 20 }, () => 1 + 254 * next());
  const image = { width: 30, height: 20, data };
  for (const fit of FITS) {
    const shape = { width: 11, height: 12, channels: 3 };
    const { from, to } = placementOf(fit, image, shape);
    const part = await reader.toSamples(cut(image, from), { ...shape, width: to.width, height: to.height });
    const found = await reader.toSamples(image, { ...shape, fit });
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 11; x++) {
        const [row, column] = [y - to.y, x - to.x];
        const inside = row >= 0 && row < to.height && column >= 0 && column < to.width;
        for (let c = 0; c < 3; c++) {
          const expected = inside ? part[(row * to.width + column) * 3 + c] : 0;
          assert.equal(found[(y * 11 + x) * 3 + c], expected, `${fit} ${y} ${x}`);
        }
      }
    }
  }
  const plain = await reader.toSamples(image, { width: 11, height: 12, channels: 3 });
  assert.deepEqual(plain, await reader.toSamples(image, { width: 11, height: 12, channels: 3, fit: "stretch" }));
  const odd = { width: 11, height: 12, channels: 3, fit: "fill" as Fit };
  await assert.rejects(
    reader.toSamples(image, odd),
    /fit of shape must be stretch, cover, contain, crop, found 'fill'/,
  );
});

test("a file states its fit, and one that does not is as it was", async () => {
  const model = readFileSync(new URL("../../../models/digits.onnx", import.meta.url));
  const calibration = async () => [new Uint8Array(784).map((_, k) => k)];
  const plain = await convert(model, { calibration });
  assert.deepEqual((await convert(model, { calibration, fit: "stretch" })).file, plain.file);
  assert.ok(!Buffer.from(plain.file).includes("bsnn.input.fit"));
  const given: (Fit | undefined)[] = [];
  const { file } = await convert(model, {
    fit: "cover",
    calibration: async (input) => {
      given.push(input.fit);
      return calibration();
    },
  });
  assert.deepEqual(given, ["cover"]);
  const network = await load(file);
  assert.equal(network.input.fit, "cover");
  network.dispose();
  const other = await load(plain.file);
  assert.equal(other.input.fit, "stretch");
  other.dispose();
  const odd = Uint8Array.from(file);
  odd.set(Buffer.from("tower"), Buffer.from(odd).indexOf("cover"));
  stateChecksum(odd);
  await assert.rejects(load(odd), /key 'bsnn.input.fit' must be one of stretch, cover, contain, crop, found 'tower'/);
  await assert.rejects(convert(model, { calibration, fit: "fill" as Fit }), /fit: found fill/);
  await assert.rejects(convert(model, { calibration, fit: "crop", range: [0, 1] }), /fit: found a range/);
});

test.run();
