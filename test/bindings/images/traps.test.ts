/** A codec that traps is given up with all that it holds: nobody meets its instance again. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "uvu";
import { BsnnError, type Codecs, createImageReader, ImageError } from "../../../bindings/images/index.ts";
import { encodeJpeg } from "../../support/files/jpeg.ts";
import { encodePng } from "../../support/files/png.ts";

const find = createRequire(import.meta.url).resolve;
const compiled = (path: string) => new WebAssembly.Module(readFileSync(find(path)));
const MODULES: Readonly<Record<keyof Codecs, WebAssembly.Module>> = {
  png: compiled("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
  jpeg: compiled("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
  resize: compiled("@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm"),
};

/** Notes the instances of a module as they are made, until the watching ends. */
function watch(module: WebAssembly.Module): { readonly instances: readonly WebAssembly.Instance[]; end(): void } {
  const { instantiate, Instance } = WebAssembly;
  const instances: WebAssembly.Instance[] = [];
  const note = (made: WebAssembly.Instance, of: unknown): WebAssembly.Instance => {
    if (of === module) instances.push(made);
    return made;
  };
  WebAssembly.instantiate = (async (source: WebAssembly.Module, imports: WebAssembly.Imports) =>
    note(await instantiate(source, imports), source)) as unknown as typeof instantiate;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [source, imports]) => note(new target(source, imports), source),
  });
  return { instances, end: () => Object.assign(WebAssembly, { instantiate, Instance }) };
}

/** Overwrites all that an instance remembers, so that whatever it does next leads nowhere. */
function spoil({ exports }: WebAssembly.Instance): void {
  const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  assert.ok(memory instanceof WebAssembly.Memory);
  new Uint8Array(memory.buffer).fill(0xff);
}

const pixels = Array.from({ length: 12 * 9 * 4 }, (_, i) => (i * 37) % 256);
const FILES = {
  png: new Uint8Array(encodePng(12, 9, "rgba", pixels)),
  jpeg: await encodeJpeg(12, 9, Uint8ClampedArray.from(pixels)),
  resize: new Uint8Array(encodePng(12, 9, "rgba", pixels)),
};
const SHAPE = { height: 5, width: 5, channels: 3 };

for (const name of Object.keys(MODULES) as (keyof Codecs)[]) {
  test(`an instance of the ${name} codec that traps is not used again`, async () => {
    const { instances, end } = watch(MODULES[name]);
    try {
      const reader = createImageReader({ codecs: MODULES });
      const samples = await reader.samples(FILES[name], SHAPE);
      assert.deepEqual(await reader.samples(FILES[name], SHAPE), samples);
      assert.equal(instances.length, 1, "a sound instance is kept");
      for (let times = 1; times <= 3; times++) {
        spoil(instances.at(-1)!);
        const error = await reader.samples(FILES[name], SHAPE).then(
          () => assert.fail("the trap was not told"),
          (reason: unknown) => reason,
        );
        if (name === "resize") assert.ok(error instanceof BsnnError && error.code === "unsupported", String(error));
        else assert.ok(error instanceof ImageError && error.fault === "corrupt", String(error));
        assert.equal(instances.length, times);
        assert.deepEqual(await reader.samples(FILES[name], SHAPE), samples);
        assert.equal(instances.length, times + 1, "another instance has taken over");
      }
    } finally {
      end();
    }
  });
}

test.run();
