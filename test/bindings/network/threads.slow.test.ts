/** Several threads in one image on every host that has them: the digest that every host gives; and on larger networks. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { suite } from "uvu";
import { loadWith } from "../../../bindings/load/load.ts";
import { load } from "../../../bindings/node.ts";
import { convert } from "../../../convert/index.ts";
import golden from "../../hosts/golden.json" with { type: "json" };
import { Crews, failingModule, watchedHost } from "../../support/core/crews.ts";
import { available } from "../../support/hosts/available.ts";
import { launch, serve } from "../../support/hosts/chromium.ts";
import { bsnn, json } from "../../support/hosts/command.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { hosts } from "../../support/hosts/hosts.ts";
import { processHosts } from "../../support/hosts/processes.ts";
import { runProgram } from "../../support/hosts/programs.ts";
import { random } from "../../support/random.ts";

const PROGRAMS = fileURLToPath(new URL("programs/", import.meta.url));
const DIST = join(PROJECT, "dist");
const MODEL = join(PROJECT, "models/digits.bsnn.gguf");
const SAMPLES = join(PROJECT, "test/hosts/digits.raw");
const SEVEN = join(PROJECT, "models/seven.png");
const { count, digest } = golden.digits;

function checkAnswers(text: string | null): void {
  const answers = JSON.parse(text ?? '"no answer"') as number[][] | string;
  assert.notEqual(typeof answers, "string", `${answers}`);
  assert.equal(answers.length, 3);
  for (const potentials of answers as number[][]) {
    assert.equal(createHash("sha256").update(Int32Array.from(potentials)).digest("hex"), digest);
  }
}

const test = suite("threads on every host");

for (const host of processHosts) {
  if (!(await available(hosts.find(({ name }) => name === host.name)!))) continue;
  const { name, program, entry } = host;
  const args = host.arguments([PROJECT]);
  const address = pathToFileURL(join(DIST, entry)).href;
  test(name, async () => {
    const script = [join(PROGRAMS, "process.js"), address, MODEL, SAMPLES, String(count)];
    const { stdout } = await runProgram(program, [...args, ...script], PROJECT);
    checkAnswers(stdout);
  });
  // On Deno workers keep the program running until they are ended.
  if (name === "deno") continue;
  test(`${name} ends by itself while threads sleep`, async () => {
    const { stdout } = await runProgram(program, [...args, join(PROGRAMS, "idle.js"), address, MODEL], PROJECT);
    assert.equal(stdout.trim(), "done");
  });
}

const chromium = hosts.find(({ name }) => name === "chromium")!;
if (await available(chromium)) {
  for (const isolated of [true, false]) {
    test(`chromium, ${isolated ? "" : "not "}cross-origin isolated`, async () => {
      const beside = ["browser.js", "worker.js"];
      const cores = ["core.threads.wasm", "core.threads.relaxed.wasm"];
      const routes = [...beside, ...cores].map((name): [string, string] => [`dist/${name}`, join(DIST, name)]);
      const files = new Map([...routes, ["model", MODEL], ["samples", SAMPLES]]);
      const site = await serve(PROGRAMS, files, undefined, isolated);
      const browser = await launch();
      try {
        const page = await browser.newPage();
        await page.goto(`${site.address}page.html?count=${count}`);
        await page.waitForSelector("output", { timeout: 60_000 });
        const text = await page.textContent("output");
        if (isolated) checkAnswers(text);
        else assert.match(text!, /^"unsupported: .* need SharedArrayBuffer.*Cross-Origin-Opener-Policy/);
      } finally {
        await browser.close();
        await site.close();
      }
    });
  }
}

test("the command computes with several threads, and says where it cannot", () => {
  const one = json("run", MODEL, SEVEN);
  for (const threads of ["1", "2", "5"]) {
    assert.deepEqual(json("run", MODEL, SEVEN, "--threads", threads), one);
    assert.deepEqual(json("run", MODEL, SEVEN, "--threads", threads, "--mode", "step").digest, one.digest);
  }
  const { code, stderr } = bsnn("run", MODEL, SEVEN, "--threads", "33");
  assert.equal(code, 2);
  assert.match(stderr, /--threads <n>.*1 to 32/);
});

test("a worker that never finishes what it has begun is given up", async () => {
  const module = failingModule(false);
  const { host } = watchedHost((message) => ({ ...message, module }));
  const net = await loadWith(host, MODEL, { threads: 2, build: "baseline" });
  const samples = new Uint8Array(28 * 28);
  const lost = () => {
    for (const stop = performance.now() + 20_000; performance.now() < stop; ) net.run(samples);
  };
  assert.throws(lost, /a thread has ended in the middle of a run/);
  assert.throws(() => net.run(samples), /load the network anew/);
  net.dispose();
});

const CIFAR = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channelOrder: "rgb" } as const;
const RAW = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1], channelOrder: "rgb" } as const;
const LARGER = [
  { file: "models/resnet20-cifar10.onnx", shape: [32, 32, 3], preprocessing: CIFAR },
  { file: "models/mnist-8/model.onnx", shape: [28, 28, 1], preprocessing: { ...RAW, mean: [0], std: [1] } },
  { file: "models/squeezenet1.0-imagenet.onnx", shape: [227, 227, 3], preprocessing: RAW },
  { file: "own/vgg16-cifar10.onnx", shape: [32, 32, 3], preprocessing: CIFAR },
] as const;

const crews = new Crews();
test.after(() => crews.close());

for (const { file, shape, preprocessing } of LARGER) {
  const path = new URL(file, new URL("../../../../shared/", import.meta.url));
  const run = existsSync(path) ? test : test.skip;
  if (run === test.skip) console.warn(`SKIPPED: ../shared/${file} is not there`);
  run(`${file} by 2, 3 and 5 threads`, async () => {
    const uniform = random(3);
    const draw = () => Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, () => uniform() * 256);
    const model = await convert(readFileSync(path), {
      name: "larger",
      preprocessing,
      calibration: async () => [draw()],
    });
    const images = [draw(), draw()];
    const one = await load(model.file);
    const everything = (net: typeof one, image: Uint8Array) => [
      net.run(image).outputs,
      net.populations.map(({ kind }, i) => (kind === "output" ? null : net.levels(i))),
    ];
    for (const cut of [0, 1, 2] as const) {
      for (const threads of [2, 3, 5]) {
        const net = await crews.load(model.file, one.build, threads, cut);
        for (const image of images) assert.deepEqual(everything(net, image), everything(one, image));
        net.dispose();
      }
    }
    one.dispose();
  });
}

test.run();
