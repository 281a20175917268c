/**
 * Builds the lab page into a folder that any static host can serve, from any path: scripts, the core for research, the digits model in six
 * numbers of phases, and what converting needs. `npm run lab:build -- [FOLDER]`, by default dist/site.
 */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const modules = join(root, "node_modules");

/** What a first visit loads; the service worker keeps it for the next. */
const PAGE = ["index.html", "style.css", "page.js", "engine.js", "icon.svg", "lab.webmanifest", "sizes.json"];
const CORE = "core.lab.wasm";
const MODEL = "digits.bsnn.gguf";
/** Digits on which the other numbers of phases choose their scales. */
const CALIBRATION_DIGITS = 100;

/** onnxruntime lies beside the converter, which loads it when it is needed. */
const runtimeBeside = {
  name: "runtime-beside",
  setup({ onResolve }) {
    onResolve({ filter: /^onnxruntime-web\/wasm$/ }, () => ({ path: "./ort/ort.wasm.bundle.min.mjs", external: true }));
  },
};

/**
 * Builds the page.
 * @param {string} folder what was in it is removed
 * @returns {Promise<{ sizes: { core: number, model: number, page: number } }>} bytes after gzip of what a first visit loads
 */
export async function buildLab(folder) {
  const out = resolve(folder);
  rmSync(out, { recursive: true, force: true });
  for (const part of ["", "ort", "codecs"]) mkdirSync(join(out, part), { recursive: true });
  await build({
    entryPoints: {
      page: join(here, "src/page.ts"),
      engine: join(here, "src/engine/worker.ts"),
      converter: join(here, "src/convert/worker.ts"),
    },
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    outdir: out,
    logLevel: "warning",
    // Decoders and the core are fetched from where the page is.
    external: ["*.wasm"],
    plugins: [runtimeBeside],
  });
  await build({ entryPoints: [join(here, "style.css")], minify: true, outdir: out, logLevel: "warning" });
  for (const file of ["index.html", "icon.svg", "lab.webmanifest"]) copyFileSync(join(here, file), join(out, file));
  copyFileSync(join(root, "dist", CORE), join(out, CORE));
  copyFileSync(join(root, "models", MODEL), join(out, MODEL));
  copyFileSync(join(root, "models/digits.onnx"), join(out, "digits.onnx"));
  for (const file of ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"]) {
    copyFileSync(join(modules, "onnxruntime-web/dist", file), join(out, "ort", file));
  }
  for (const file of [
    "png/codec/pkg/squoosh_png_bg.wasm",
    "jpeg/codec/dec/mozjpeg_dec.wasm",
    "resize/lib/resize/pkg/squoosh_resize_bg.wasm",
  ]) {
    copyFileSync(join(modules, "@jsquash", file), join(out, "codecs", file.split("/").at(-1)));
  }
  await convertDigits(out);

  const gzipped = (names) =>
    names.reduce(
      (sum, name) =>
        sum + (existsSync(join(out, name)) ? gzipSync(readFileSync(join(out, name)), { level: 9 }).length : 0),
      0,
    );
  const sizes = { core: gzipped([CORE]), model: gzipped([MODEL]), page: gzipped(PAGE) };
  writeFileSync(join(out, "sizes.json"), JSON.stringify(sizes));
  writeOffline(out);
  return { sizes };
}

/** The digits model with other numbers of phases; kept where it was made of the same, by the same converter. */
async function convertDigits(out) {
  const wanted = [3, 4, 5, 6, 8].map((phases) => ({ phases, name: `digits-${phases}.bsnn.gguf` }));
  const source = readFileSync(join(root, "models/digits.onnx"));
  // Names of what the converter's bundle imports hold hashes of their contents.
  const converter = join(root, "dist/convert.js");
  const version = createHash("sha256").update(source).update(readFileSync(converter)).digest("hex").slice(0, 16);
  const cache = join(root, "dist/lab-models", version);
  if (!wanted.every(({ name }) => existsSync(join(cache, name)))) {
    rmSync(dirname(cache), { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const { tsImport } = await import("tsx/esm/api");
    const { convert } = await import(pathToFileURL(converter).href);
    const { drawDigits } = await tsImport("../../../models/drawn/digits.ts", import.meta.url);
    const images = drawDigits(CALIBRATION_DIGITS, 1).map(({ pixels }) => pixels);
    const labels = Array.from({ length: 10 }, (_, digit) => String(digit));
    for (const { phases, name } of wanted) {
      const { file } = await convert(source, { name: "digits", phases, labels, calibration: async () => images });
      writeFileSync(join(cache, name), file);
    }
  }
  for (const { name } of wanted) copyFileSync(join(cache, name), join(out, name));
}

/** The service worker, which knows the files and their contents: a new build is a new version. */
function writeOffline(out) {
  const first = [...PAGE, CORE, MODEL];
  const hash = createHash("sha256");
  for (const name of readdirSync(out).sort())
    if (/\./.test(name)) hash.update(name).update(readFileSync(join(out, name)));
  const text = readFileSync(join(here, "offline.js"), "utf8")
    .replace("__VERSION__", hash.digest("hex").slice(0, 16))
    .replace('"__FIRST__"', first.map((name) => JSON.stringify(name)).join(", "));
  writeFileSync(join(out, "offline.js"), text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = process.argv[2] ?? join(root, "dist/site");
  const { sizes } = await buildLab(folder);
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const total = sizes.core + sizes.model + sizes.page;
  console.log(
    `${folder}: a first visit loads ${kb(total)} gzipped (core ${kb(sizes.core)}, model ${kb(sizes.model)}, page ${kb(sizes.page)})`,
  );
  process.exit();
}
