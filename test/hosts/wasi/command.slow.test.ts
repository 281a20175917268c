/** The WASI command does the same on every runtime: answers, refusals, exit codes. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import { load } from "../../../bindings/node.ts";
import type { OutputTensor } from "../../../convert/wiring.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";
import { assertContains } from "../../support/contains.ts";
import { convertSeveral, severalSamples } from "../../support/convert/several.ts";
import { ModelFile } from "../../support/core/edit.ts";
import { oddModels } from "../../support/core/odd-models.ts";
import { available } from "../../support/hosts/available.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { wasiHosts } from "../../support/hosts/wasi/hosts.ts";
import { type Command, type Finished, type Runtime, runtimes } from "../../support/hosts/wasi/runtimes.ts";
import golden from "../golden.json" with { type: "json" };

const WASM = join(PROJECT, "dist/bsnn.wasi.wasm");
const SIDE = 28;

const digits = new Uint8Array(await readFile(join(PROJECT, "models/digits.bsnn.gguf")));
const drawn = new Uint8Array(await readFile(join(PROJECT, "test/hosts/digits.raw")));
const digit = drawn.subarray(0, SIDE * SIDE);

/** What an output stands for. */
const tensor = (shape: number[], ...places: number[][]): OutputTensor => {
  const [rows, columns, channels] = places.map((list) => Int32Array.from(list));
  return { shape, rows, columns, channels };
};

/** Not a classifier, two outputs, each a tensor of its own or parts of one; the labels of a model like this are for none. */
const mapped = (...[first, second]: { name: string; tensor: OutputTensor }[]) =>
  writeModel(
    network(
      3,
      [
        population("input", [2, 2, 3], 0),
        population("bistable", [2, 2, 3], 1, { shift: [5, 5, 5] }),
        { ...population("output", [2, 2, 1], 2, { unit: [0.1] }), ...first },
        { ...population("output", [1, 1, 2], 2, { unit: [1e-8, 3e20], bias: [1, -1] }), ...second },
      ],
      [
        projection({
          source: 0,
          target: 1,
          sourceChannels: [0, 3],
          targetChannels: [0, 3],
          region: [0, 0, 2, 2],
          weight: Int8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
        }),
        projection({
          source: 1,
          target: 2,
          sourceChannels: [0, 3],
          targetChannels: [0, 1],
          region: [0, 0, 2, 2],
          weight: Int8Array.of(5, -7, 3),
        }),
        projection({
          source: 1,
          target: 3,
          sourceChannels: [0, 3],
          targetChannels: [0, 2],
          region: [0, 0, 1, 1],
          kernel: [2, 2],
          weight: new Int8Array(24).fill(2),
        }),
      ],
      { coding: "current" },
    ),
  );

/** Labels that need escapes, and fewer classes than are asked for, in their order or (2, 0, 1) another. */
const labelled = (tensor?: OutputTensor) =>
  writeModel(
    network(
      2,
      [
        population("input", [1, 2, 1], 0),
        { ...population("output", [1, 1, 3], 1, { unit: [0.3, 0.3, 0.3] }), ...(tensor && { tensor }) },
      ],
      [
        projection({
          source: 0,
          target: 1,
          sourceChannels: [0, 1],
          targetChannels: [0, 3],
          region: [0, 0, 1, 1],
          kernel: [1, 2],
          weight: Int8Array.of(1, 1, 2, 2, 1, 1),
        }),
      ],
      { coding: "current", labels: ['"quoted" \\', "猫\n", "plain"] },
    ),
  );

const folder = await mkdtemp(join(tmpdir(), "bsnn-wasi-"));
await mkdir(join(folder, "models"));
const several = await convertSeveral();
await several.ann.dispose();
const misplacedInputs = new ModelFile(several.file);
misplacedInputs.entry("bsnn.inputs.place").value = [6, 6, 3, 0, 3, 0, 4, 3, 1, 2, 1, 0, 1, 1, 5, 4, 1, 1];
for (const [name, bytes] of [
  ["digits.bsnn.gguf", digits],
  ["models/digits.bsnn.gguf", digits],
  ["mapped.bsnn.gguf", mapped()],
  [
    "joined.bsnn.gguf",
    mapped(
      { name: "boxes[0]", tensor: tensor([3, 2], [2, 3], [0, 2], [0]) },
      { name: "boxes[1]", tensor: { ...tensor([3, 2], [0], [0], [1, 0]), continues: true } },
    ),
  ],
  ["labelled.bsnn.gguf", labelled()],
  ["reordered.bsnn.gguf", labelled(tensor([3, 1], [0], [0], [2, 0, 1]))],
  ["misplaced.bsnn.gguf", labelled(tensor([1, 3], [0], [0], [2, 0, 2]))],
  ["misshapen.bsnn.gguf", labelled(tensor([2, 3], [0], [0], [0, 1, 2]))],
  ["several.bsnn.gguf", several.file],
  ["misplaced-inputs.bsnn.gguf", misplacedInputs.bytes()],
  ["short.bsnn.gguf", digits.subarray(0, digits.length - 100)],
  ["damaged.bsnn.gguf", digits.map((byte, at) => (at === digits.length - 5000 ? byte ^ 16 : byte))],
  ["foreign.bsnn.gguf", Uint8Array.from("no model", (letter) => letter.charCodeAt(0))],
  ["empty.bsnn.gguf", new Uint8Array(0)],
] as const) {
  await writeFile(join(folder, name), bytes);
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The page's name among the runtimes. */
const PAGE = "browser_wasi_shim, chromium";
const HINT = " (--help shows the options)";
const SHAPE = "expected 28×28×1 = 784 raw samples, or a PPM or PGM image 28 wide and 28 high";
const EXPECTED = `standard input: ${SHAPE}`;

/** Why the bindings refuse a model. */
async function reasonOf(name: string): Promise<string> {
  return load(await readFile(join(folder, name))).then(
    () => "",
    (error: Error) => error.message,
  );
}

function check(runtime: Runtime): void {
  const test = suite(runtime.name);
  let command: Command;
  const run = (args: readonly string[], ...input: Uint8Array[]): Promise<Finished> => command.run(folder, args, input);
  test.before(async () => {
    command = await runtime.open(WASM);
  });
  test.after(() => command.close());

  const answer = async (args: readonly string[], ...input: Uint8Array[]) => {
    const { code, stdout, stderr } = await run([...args, "--json"], ...input);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
    return JSON.parse(stdout);
  };
  const refused = async (args: readonly string[], reason: string | RegExp, ...input: Uint8Array[]) => {
    const { code, stdout, stderr } = await run(args, ...input);
    assert.equal(stdout, "");
    if (typeof reason === "string") assert.equal(stderr, `bsnn: ${reason}\n`);
    else assertContains(stderr, reason);
    assert.equal(code, runtime.refusal);
  };

  for (const mode of ["period", "step"]) {
    test(`gives the digest of the slow simulator, ${mode} mode`, async () => {
      const count = golden.digits.count;
      const found = await answer(["digits.bsnn.gguf", "--images", String(count), "--mode", mode], drawn);
      assert.equal(found.digest, golden.digits.digest);
      assert.equal(found.mode, mode);
      assert.equal(found.images.length, count);
    });
  }

  test("gives the classes, labels and values of the bindings, to the last digit", async () => {
    const expected = await load(digits, { build: "baseline" });
    const classes = expected.classify(digit, { top: 3 });
    const found = await answer(["digits.bsnn.gguf", "--top=3"], digit);
    assert.deepEqual(found.images, [{ top: classes }]);
    assert.equal(found.phases, expected.phases);
    assert.equal(found.steps, expected.latency);
    assert.equal(found.build, "baseline");
    expected.dispose();
  });

  test("takes the samples of several inputs one after another", async () => {
    const net = await load(several.file);
    const inputs = [3, 4].map((seed) => {
      const { scene, detail, state } = severalSamples(seed);
      return { scene, detail, state: net.encode(state, "state") };
    });
    const bytes = inputs.map(({ scene, detail, state }) => concat(scene, detail, state));
    const expected = inputs.map((input) => ({ top: net.classify(input) }));
    for (const mode of ["period", "step"]) {
      const found = await answer(["several.bsnn.gguf", "--images", "2", "--mode", mode], ...bytes);
      assert.deepEqual(found.images, expected);
    }
    assert.deepEqual((await answer(["several.bsnn.gguf"], bytes[1])).images, expected.slice(1));
    net.dispose();
    const shapes = "6×6×3 + 4×3×1 + 1×1×10";
    const short = `standard input: expected ${shapes} = 130 raw samples, found 5 bytes`;
    await refused(["several.bsnn.gguf"], short, new Uint8Array(5));
    const long = `standard input: expected 2 times ${shapes} = 260 raw samples, found more than 260 bytes`;
    await refused(["several.bsnn.gguf", "--images=2"], long, ...bytes, new Uint8Array(1));
    await refused(
      ["misplaced-inputs.bsnn.gguf"],
      /'bsnn\.inputs\.place' does not place inputs in the input population/,
      bytes[0],
    );
  });

  test("ranks ties by index, escapes labels and shows as many classes as there are", async () => {
    const found = await answer(["labelled.bsnn.gguf"], Uint8Array.of(1, 2));
    const value = (potential: number): number => Math.fround(potential * Math.fround(0.3));
    assert.deepEqual(found.images[0].top, [
      { index: 1, label: "猫\n", value: value(6) },
      { index: 0, label: '"quoted" \\', value: value(3) },
      { index: 2, label: "plain", value: value(3) },
    ]);
  });

  test("gives classes the places that they have in the model's own tensor", async () => {
    const found = await answer(["reordered.bsnn.gguf"], Uint8Array.of(1, 2));
    const expected = await load(await readFile(join(folder, "reordered.bsnn.gguf")));
    assert.deepEqual(found.images[0].top, expected.classify(Uint8Array.of(1, 2)));
    assert.deepEqual(
      found.images[0].top.map(({ index, label }: { index: number; label: string }) => [index, label]),
      [
        [0, "猫\n"],
        [1, "plain"],
        [2, '"quoted" \\'],
      ],
    );
    const { stdout } = await run(["reordered.bsnn.gguf", "--top", "1"], Uint8Array.of(1, 2));
    assert.match(stdout, /\n {4}0 +猫/);
  });

  test("gives outputs that are parts of one tensor as that", async () => {
    const input = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
    const apart = await load(mapped());
    const [map, two] = apart.run(input).outputs.map(({ values }) => values);
    const values = [two[1], two[0], map[0], map[2], map[1], map[3]];
    const found = await answer(["joined.bsnn.gguf"], input);
    assert.deepEqual(found.images[0].outputs, [{ name: "boxes", shape: [3, 2], values }]);
    assert.equal(found.digest, (await answer(["mapped.bsnn.gguf"], input)).digest);
    const joined = await load(await readFile(join(folder, "joined.bsnn.gguf")));
    const [output] = joined.run(input).outputs;
    assert.deepEqual([output.name, output.shape, [...output.values]], ["boxes", [3, 2], values]);
    assert.deepEqual(
      [...output.potentials],
      apart.outputs().flatMap(({ potentials }) => [...potentials]),
    );
    for (const network of [apart, joined]) network.dispose();
    assert.match((await run(["joined.bsnn.gguf"], input)).stdout, /^boxes 3×2: least /);
  });

  test("refuses places and shapes that are not those of the output's values", async () => {
    for (const [name, key] of [
      ["misplaced", "bsnn.output.place"],
      ["misshapen", "bsnn.output.shape"],
    ]) {
      await refused(
        [`${name}.bsnn.gguf`],
        new RegExp(`key '${key}' does not fit output 'output 1'`),
        new Uint8Array(2),
      );
      assert.match(await reasonOf(`${name}.bsnn.gguf`), new RegExp(`key '${key}' must give output 'output 1'`));
    }
  });

  test("gives all values of a network that does not classify", async () => {
    const input = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
    const expected = await load(mapped());
    const found = await answer(["mapped.bsnn.gguf"], input);
    assert.deepEqual(
      found.images[0].outputs,
      expected.run(input).outputs.map(({ name, shape, values }) => ({
        name,
        shape,
        values: Array.from(values),
      })),
    );
    expected.dispose();
    const { stdout } = await run(["mapped.bsnn.gguf"], input);
    assert.match(stdout, /^output 2 1×2×2×1: least -?[\d.e-]+, mean -?[\d.e-]+, greatest -?[\d.e-]+\noutput 2 1×2: /);
  });

  test("shows a table to people", async () => {
    const { code, stdout } = await run(["digits.bsnn.gguf", "--top", "2"], digit);
    assert.equal(code, 0);
    assert.match(stdout, /^class {2}label +value\n-{5} {2}-{5} {2}-+\n( {4}\d {2}\d +-?\d+\.\d+\n){2}$/);
  });

  test("takes images as PGM and PPM, and input that comes in pieces", async () => {
    const raw = (await answer(["digits.bsnn.gguf"], digit)).digest;
    const grey = concat(ascii(`P5 # a digit\n${SIDE} ${SIDE}\n255\n`), digit);
    assert.equal((await answer(["digits.bsnn.gguf"], grey)).digest, raw);
    const colour = Uint8Array.from({ length: 3 * digit.length }, (_, i) => digit[Math.floor(i / 3)]);
    const pieces = [
      ascii("P"),
      ascii(`6 ${SIDE} `),
      ascii(`${SIDE} 255\n`),
      colour.subarray(0, 1000),
      colour.subarray(1000),
    ];
    assert.equal((await answer(["digits.bsnn.gguf"], ...pieces)).digest, raw);
  });

  test("refuses input of the wrong size, broken models and options that it does not understand", async () => {
    await refused(["digits.bsnn.gguf"], `${EXPECTED}, found 783 bytes`, digit.subarray(1));
    await refused(["short.bsnn.gguf"], `short.bsnn.gguf: ${await reasonOf("short.bsnn.gguf")}`, digit);
    const damaged = "damaged.bsnn.gguf: the file is damaged: its checksum is another";
    await refused(["damaged.bsnn.gguf"], damaged, digit);
    await refused(["digits.bsnn.gguf", "--fast"], `unknown option '--fast'${HINT}`, digit);
  });

  // A page has no folders: it is given files.
  if (runtime.name !== PAGE) {
    test("finds models as paths of its folder, and says what it cannot find", async () => {
      const path = ".//models/./digits.bsnn.gguf";
      assert.equal((await answer([path], digit)).model, path);
      await refused(["nothing.bsnn.gguf"], "nothing.bsnn.gguf: no such file or folder", digit);
      await refused(["."], ".: is a folder, expected a file", digit);
      await refused(["../x"], /^bsnn: \.\.\/x: (outside the preopened directories|operation not permitted)\n$/, digit);
    });

    test("helps", async () => {
      const { code, stdout, stderr } = await run(["--help"]);
      assert.equal(code, 0);
      assert.equal(stderr, "");
      assert.match(stdout, /^Usage: bsnn\.wasi\.wasm \[options\] MODEL < image\n/);
    });
  }

  // What does not depend on the runtime is tried in full on one.
  if (runtime === runtimes[0]) {
    test("refuses whatever input does not fit", async () => {
      await refused(["digits.bsnn.gguf"], `${EXPECTED}, found 0 bytes`, new Uint8Array(0));
      await refused(["digits.bsnn.gguf"], `${EXPECTED}, found more than 67888 bytes`, new Uint8Array(2 ** 20));
      const two = "standard input: expected 2 images of 28×28×1 = 1568 raw samples, found 784 bytes";
      await refused(["digits.bsnn.gguf", "--images", "2"], two, digit);
      const large = concat(ascii("P5 29 28 255\n"), digit, new Uint8Array(28));
      await refused(["digits.bsnn.gguf"], `standard input: is a PGM image 29 wide and 28 high, ${SHAPE}`, large);
    });

    test("refuses every broken model with the core's words", async () => {
      for (const name of ["foreign.bsnn.gguf", "empty.bsnn.gguf"]) {
        await refused([name], `${name}: ${await reasonOf(name)}`, digit);
      }
    });

    test("finds models by any spelling of their path", async () => {
      for (const path of ["./digits.bsnn.gguf", "models/digits.bsnn.gguf", "models//digits.bsnn.gguf"]) {
        assert.equal((await answer([path], digit)).model, path);
      }
      await refused(["models"], "models: is a folder, expected a file", digit);
      const below = /^bsnn: digits\.bsnn\.gguf\/x: (a part of the path is not a folder|no such file or folder)\n$/;
      await refused(["digits.bsnn.gguf/x"], below, digit);
    });

    test("refuses every option that it does not understand", async () => {
      const mode = `option '--mode' needs 'period' or 'step', found 'fast'${HINT}`;
      await refused(["digits.bsnn.gguf", "--mode", "fast"], mode, digit);
      for (const value of ["0", "-1", "2x", "1.5", ""]) {
        for (const option of ["--top", "--images"]) {
          const reason = `option '${option}' needs a whole number, 1 or more, found '${value}'${HINT}`;
          await refused(["digits.bsnn.gguf", option, value], reason, digit);
          await refused(["digits.bsnn.gguf", `${option}=${value}`], reason, digit);
        }
      }
      await refused(["digits.bsnn.gguf", "--top"], `option '--top' needs a value${HINT}`, digit);
      const more = "one model is expected, found 'more.gguf' too; the image is read from standard input";
      await refused(["digits.bsnn.gguf", "more.gguf"], `${more}${HINT}`, digit);
      await refused([], `which model? Usage: bsnn.wasi.wasm MODEL < image${HINT}`, digit);
      await refused(["--", "--top"], "--top: no such file or folder", digit);
    });

    test("keeps help within the width of a terminal", async () => {
      const { stdout } = await run(["-h"]);
      for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
    });
  }

  test.run();
}

const itself = suite("bsnn.wasi.wasm");
itself("imports the ten functions it needs, and exports what commands and components do", async () => {
  const command = await WebAssembly.compile(await readFile(WASM));
  const imports = WebAssembly.Module.imports(command);
  assert.ok(imports.every(({ module, kind }) => module === "wasi_snapshot_preview1" && kind === "function"));
  const names = "args_get args_sizes_get fd_close fd_filestat_get fd_prestat_dir_name fd_prestat_get fd_read fd_write";
  assert.deepEqual(imports.map(({ name }) => name).sort(), [...names.split(" "), "path_open", "proc_exit"]);
  const exports = WebAssembly.Module.exports(command).map(({ name }) => name);
  assert.deepEqual(exports.sort(), ["_start", "cabi_realloc", "memory"]);
});

itself("refuses what the other hosts refuse of what a file states, and only that", async () => {
  const { run } = await import(pathToFileURL(join(PROJECT, "hosts/wasi/shim.mjs")).href);
  const module = await WebAssembly.compile(await readFile(WASM));
  for (const { what, file, sound } of await oddModels()) {
    const files = new Map([["odd", file]]);
    const { code, errors } = await run(module, ["odd"], files, new Uint8Array(130));
    // Of a sound one there may be another number of samples.
    if (sound) assert.ok(code === 0 || errors.startsWith("bsnn: standard input: expected "), `${what}: ${errors}`);
    else assert.deepEqual([code, errors.slice(0, 11)], [2, "bsnn: odd: "], `${what}: ${errors}`);
  }
});

const found = new Set<string>();
for (const host of wasiHosts) if (await available(host)) found.add(host.name);
// Suites are handed over at once: what waits between them would start the first without the rest.
itself.run();
for (const runtime of runtimes) if (found.has(runtime.name)) check(runtime);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
