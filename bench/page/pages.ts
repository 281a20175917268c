/** The pages that are compared: each answers one image as soon as it can, then twenty more, and says how long it took. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";
import { layersModel } from "./tfjs.ts";

export interface Contender {
  readonly name: string;
  /** The page's scripts, bundled: `page.js`, and those that it may ask for. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Files that it fetches: name on the server, and path from the project's root, or content. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Whether it computes in floats what the ONNX file says, so that its values are those of any other that does. */
  readonly exact: boolean;
}

/** Images after the first. */
const FURTHER = 20;

const frame = (imports: string, open: string): string => `
${imports}
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const best = (values) => values.indexOf(Math.max(...values));
async function main() {
  ${open}
  const values = await run();
  const answer = best(values);
  const first = performance.now();
  const times = [];
  for (let n = 0; n < ${FURTHER}; n++) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  const further = times.sort((a, b) => a - b)[${FURTHER / 2}];
  document.querySelector("output").textContent = JSON.stringify({ answer, values, first, further });
}
main().catch((error) => { document.querySelector("output").textContent = JSON.stringify({ error: String(error) }); });
`;

const BSNN = frame(
  `import { load } from "bsnn-browser";
import { createImageReader } from "bsnn-images";`,
  `const [network, image] = await Promise.all([load("model.bsnn.gguf"), bytes("image.png")]);
  const samples = await createImageReader().samples(image, network.input);
  const run = async () => [...network.run(samples).logits];`,
);

/** The image as floats, channel by channel where `planes` is true, else pixel by pixel. */
const floats = (planes: boolean): string => `
  const bitmap = await createImageBitmap(new Blob([image]));
  const context = new OffscreenCanvas(32, 32).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, 32, 32);
  const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
  const input = Float32Array.from({ length: 3072 }, (_, i) => {
    const [pixel, c] = ${planes ? "[i % 1024, Math.floor(i / 1024)]" : "[Math.floor(i / 3), i % 3]"};
    return (data[4 * pixel + c] / 255 - mean[c]) / std[c];
  });`;

/** @param entry of onnxruntime-web */
const onnxruntime = (entry: string): string =>
  frame(
    `import * as ort from "${entry}";`,
    `ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./", location.href).href;
  const [model, image] = await Promise.all([bytes("model.onnx"), bytes("image.png")]);
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  ${floats(true)}
  const run = async () => {
    const found = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", input, [1, 3, 32, 32]) });
    return [...found[session.outputNames[0]].data];
  };`,
  );

/** @param backend that computes */
const tfjs = (backend: string): string =>
  frame(
    `import * as tf from "@tensorflow/tfjs";`,
    `if (!(await tf.setBackend("${backend}"))) throw new Error("there is no ${backend} here");
  const [model, image] = await Promise.all([tf.loadLayersModel("model.json"), bytes("image.png")]);
  ${floats(false)}
  const run = async () => {
    const found = tf.tidy(() => model.predict(tf.tensor4d(input, [1, 32, 32, 3])));
    const values = await found.data();
    found.dispose();
    return [...values];
  };`,
  );

async function bundle(source: string): Promise<Readonly<Record<string, string>>> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: "bench/page" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
    alias: { "bsnn-browser": "./dist/browser.js", "bsnn-images": "./dist/images/index.js" },
    external: ["./inline-core.js"],
    splitting: true,
    outdir: "page",
  });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path).replace("stdin", "page"), text]));
}

const TFJS = "bench/page/node_modules/@tensorflow/tfjs";
const ORT = "node_modules/onnxruntime-web/dist";

/** @param model converted; @param onnx its original; both as paths */
export async function contenders(model: string, onnx: string): Promise<Contender[]> {
  const core = { "core.wasm": "dist/core.wasm", "core.relaxed.wasm": "dist/core.relaxed.wasm" };
  const ort = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `${ORT}/${name}`]));
  const plain = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
  const jsep = ["jsep", "asyncify", "jspi"].flatMap((kind) => plain.map((name) => name.replace(".", `.${kind}.`)));
  const own = { scripts: await bundle(BSNN), files: { ...core, "model.bsnn.gguf": model } };
  const found: Contender[] = [
    { name: "bsnn", exact: false, ...own },
    {
      name: "onnxruntime-web/wasm",
      scripts: await bundle(onnxruntime("onnxruntime-web/wasm")),
      files: { ...ort(plain), "model.onnx": onnx },
      exact: true,
    },
    {
      name: "onnxruntime-web",
      scripts: await bundle(onnxruntime("onnxruntime-web")),
      files: { ...ort([...plain, ...jsep]), "model.onnx": onnx },
      exact: true,
    },
  ];
  if (!existsSync(TFJS)) return found;
  for (const backend of ["webgl", "cpu"]) {
    found.push({
      name: `tfjs, ${backend}`,
      scripts: await bundle(tfjs(backend)),
      files: layersModel(onnx),
      exact: true,
    });
  }
  return found;
}
