/** Compiles the core with asc, writes its layout down for TypeScript and bundles the TypeScript with esbuild, both into dist/. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { licencesOf } from "./licences.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
await import("./schema.mjs");
mkdirSync("dist", { recursive: true });

/** All files below a folder. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** How texts are laid out; asconfig.json cannot name a file of the project. */
const TEXT = "./scripts/utf8-text.mjs";
const sources = [
  ...filesIn("assembly"),
  ...filesIn("hosts/wasi/command"),
  "asconfig.json",
  "scripts/build.mjs",
  "scripts/layout.mjs",
  TEXT,
];
/** Time of the newest, so that an unchanged core is not compiled again. */
const inputs = Math.max(...sources.map((file) => statSync(file).mtimeMs));
/** Targets that are more than the core: it with a comparison beside it, or compiled into a program. */
const roots = {
  lab: "assembly/lab.ts",
  threads: "assembly/threads.ts",
  "threads-relaxed": "assembly/threads.ts",
  wasi: "hosts/wasi/command/index.ts",
};
const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
for (const [target, { outFile }] of Object.entries(targets)) {
  if (existsSync(outFile) && statSync(outFile).mtimeMs > inputs) continue;
  await import("./layout.mjs");
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main([
    roots[target] ?? "assembly/index.ts",
    "--target",
    target,
    "--transform",
    TEXT,
    "--outFile",
    `${outFile}.tmp`,
  ]);
  process.stderr.write(stderr.toString());
  if (error) throw error;
  await shrink(`${outFile}.tmp`, outFile);
  rmSync(`${outFile}.tmp`);
}

/** Optimised for size, asc inlines next to nothing: what has one caller takes fewer bytes inside it. */
async function shrink(file, to) {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // Larger functions stay apart, so that engines optimise kernels first. (asc leaves its own limit behind.)
  binaryen.setOneCallerInlineMaxSize(250);
  module.runPasses(["monomorphize", "inlining-optimizing", "reorder-locals"]);
  const done = module.getMemoryInfo().shared ? filledOnDemand(binaryen, module) : module;
  writeFileSync(to, done.emitBinary());
  done.dispose();
}

/**
 * A core for shared memory that writes its static data only when `initialise` is called: every instance would otherwise write it anew, over
 * what another has made of it.
 */
function filledOnDemand(binaryen, module) {
  const segments = [];
  for (let i = 0; i < module.getNumDataSegments(); i++) {
    const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    const bytes = [...new Uint8Array(data)];
    // A new memory is zero.
    const first = bytes.findIndex((byte) => byte !== 0);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    if (end > 0) segments.push({ to: offset + first, bytes: bytes.slice(first, end) });
  }
  const hex = (byte) => `\\${byte.toString(16).padStart(2, "0")}`;
  const data = segments.map(({ bytes }, i) => `(data $static${i} "${bytes.map(hex).join("")}")`);
  const fills = segments.map(
    ({ to, bytes }, i) => `(memory.init $static${i} (i32.const ${to}) (i32.const 0) (i32.const ${bytes.length}))`,
  );
  const rest = module.emitText().replace(/^ \(data .*$/gm, "");
  const added = [...data, `(func (export "initialise") ${fills.join(" ")})`];
  const made = binaryen.parseText(rest.replace(/\)\s*$/, `${added.join("\n")})`));
  made.setFeatures(binaryen.Features.All);
  module.dispose();
  return made;
}

/**
 * Those of Node's modules that it has loaded before a program starts, or that are functions, with what is used of them: what a Node has is
 * not asked, so that each builds the same bytes.
 */
const AT_HAND = {
  events: [],
  fs: [
    "createReadStream",
    "existsSync",
    "fstatSync",
    "readFileSync",
    "realpathSync",
    "rmSync",
    "statSync",
    "writeSync",
  ],
  module: ["createRequire"],
  path: ["basename", "dirname", "isAbsolute", "join", "normalize", "relative", "resolve", "sep"],
  process: [],
};

/** What is used of such a module, and no more: reading all that one exports takes longer than loading it did. */
function membersAtHand(name) {
  return [
    'import { load } from "require";',
    `const found = /* @__PURE__ */ load("node:${name}");`,
    "const member = (name) => found[name];",
    "export { found as default };",
    ...AT_HAND[name].map(
      (member) => `const ${member}_ = /* @__PURE__ */ member("${member}"); export { ${member}_ as ${member} };`,
    ),
  ].join("\n");
}

/**
 * Programs ask for a module of Node when they first use something of it, by `require`: an `import` would load it at the start, and read
 * all that it exports, which loads half of Node. Packages of CommonJS come to their modules in the same way.
 */
const nodeModules = {
  name: "node-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path, namespace, kind }) => {
      const name = path.replace(/^node:/, "");
      if (!builtinModules.includes(name)) return undefined;
      if (namespace === "require") return { path: `node:${name}`, external: true };
      const whole = kind === "require-call" && name in AT_HAND;
      return { path: name, namespace: whole ? "node-whole" : "node", sideEffects: false };
    });
    onResolve({ filter: /^require$/ }, () => ({ path: "require", namespace: "require" }));
    onLoad({ filter: /./, namespace: "require" }, () => ({
      contents: 'import { createRequire } from "node:module"; export const load = createRequire(import.meta.url);',
    }));
    onLoad({ filter: /./, namespace: "node-whole" }, ({ path }) => ({
      contents: `module.exports = require("require").load("node:${path}");`,
    }));
    onLoad({ filter: /./, namespace: "node" }, ({ path }) => {
      if (path in AT_HAND) return { contents: membersAtHand(path) };
      const load = `require("require").load("node:${path}")`;
      // A prototype is looked up name by name, while own names would all be read.
      const members = `new Proxy({}, { get: (_, name) => (found ??= ${load})[name] })`;
      return { contents: `let found; module.exports = Object.create(${members});` };
    });
  },
};

/** What the command does, and what it reads data with: loaded when it is asked for. */
const LATER = {
  ...Object.fromEntries(
    ["compare", "convert", "data", "eval", "inspect", "trace"].map((name) => [
      `program-${name}`,
      `hosts/node/commands/${name}.ts`,
    ]),
  ),
  "program-array": "hosts/node/data/array.ts",
  "program-dataset": "hosts/node/data/dataset.ts",
  "program-encode": "convert/encode.ts",
  "program-records": "hosts/node/data/records/read.ts",
  "program-refusal": "hosts/node/networks/refusal.ts",
  "program-threads": "bindings/network/crew.ts",
};
/**
 * What starts often comes in one file each, which takes what it needs and nothing else, since each file more takes a fortieth of Node's own
 * start to load. What they share with the others they have for themselves.
 */
const AT_ONCE = {
  cli: "hosts/node/cli.ts",
  "program-lines": "hosts/node/program/program.ts",
  "program-run": "hosts/node/commands/run.ts",
};
/** Finds the files of both where such a file loads them. */
const others = {
  name: "others",
  setup({ onResolve }) {
    const made = Object.entries({ ...LATER, ...AT_ONCE });
    onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      const wanted = relative(root, join(resolveDir, path));
      const [name] = (kind === "dynamic-import" && made.find(([, file]) => file === wanted)) || [];
      return name && { path: `./${name}.js`, external: true };
    });
  },
};

/**
 * Files that are reached from the same places come into one chunk, and each chunk takes time to load. So all that is loaded later is made to
 * reach the same modules of Node, and what `run` does.
 */
const fewChunks = {
  name: "few-chunks",
  setup({ onLoad }) {
    const modules = ["child_process", "crypto", "events", "fs", "fs/promises", "module", "os", "path", "process"];
    const own = ["report/failure", "report/terminal", "commands/run"].map((name) =>
      join(root, `hosts/node/${name}.ts`),
    );
    const base = [...modules.map((name) => `node:${name}`), "node:util", "node:worker_threads", "node:zlib", ...own];
    const imports = base.map((file, i) => `export * as reached${i} from ${JSON.stringify(file)};`);
    const filter =
      /hosts\/node\/(?:commands\/\w+|compare\/(?:report|worker)|data\/(?:array|dataset|records\/read)|demo\/demo|networks\/compared|preprocessing\/review)\.ts$/;
    onLoad({ filter }, ({ path }) => {
      if (path.endsWith("commands/run.ts")) return undefined;
      return { contents: [readFileSync(path, "utf8"), ...imports].join("\n"), loader: "ts" };
    });
  },
};

/** Programs ask the manifest for no more. */
const version = {
  name: "version",
  setup({ onLoad }) {
    onLoad({ filter: /^.*\/package\.json$/ }, ({ path }) => {
      if (path !== join(root, "package.json")) return undefined;
      return { contents: JSON.stringify({ version: JSON.parse(readFileSync(path, "utf8")).version }), loader: "json" };
    });
  },
};

/** Bytes of the core go into a script where `?inline` asks for them; the script is one of its own, as it is seldom needed. */
const inlineCore = {
  name: "inline-core",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?inline$/ }, ({ path, resolveDir }) => ({
      path: relative(root, join(resolveDir, path.replace("?inline", ""))),
      namespace: "inline",
    }));
    onLoad({ filter: /./, namespace: "inline" }, ({ path }) => ({ contents: readFileSync(path), loader: "binary" }));
    onResolve({ filter: /^\.\/inline-core\.ts$/ }, () => ({ path: "./inline-core.js", external: true }));
  },
};

const common = { bundle: true, format: "esm", target: "es2022", logLevel: "warning" };
const shared = { splitting: true, chunkNames: "shared/[name]-[hash]", outdir: "dist" };
/** Entries per host. They bundle the loader; the .wasm files stay beside them. */
const hosts = {
  ...common,
  platform: "neutral",
  supported: { "import-source": true },
  external: ["node:*", "@jsquash/*", "*.wasm", "*.wasm?module"],
  plugins: [inlineCore],
};
/** Files in dist/ that the package exports. */
const filesOf = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(filesOf));
const exported = new Set(filesOf(JSON.parse(readFileSync("package.json", "utf8")).exports));
/** Entries of the bindings among them, each made of the source of its name. */
const entries = [...exported]
  .map((file) => file.match(/^\.\/dist\/(.+)\.js$/)?.[1])
  .filter((name) => name && !["convert", "browser", "images/index", "inline", "lab/browser"].includes(name));
rmSync("dist/shared", { recursive: true, force: true });
const bindings = await build({
  ...hosts,
  ...shared,
  minify: true,
  metafile: true,
  entryPoints: Object.fromEntries([...entries, "node-worker"].map((name) => [name, `bindings/${name}.ts`])),
});
// Of one piece each, so that a page can take it from anywhere.
const alone = ["browser", "images/index", "inline", "inline-core", "lab/browser", "worker"];
const whole = Object.fromEntries(alone.map((name) => [name, `bindings/${name}.ts`]));
const pieces = await build({ ...hosts, entryPoints: whole, outdir: "dist", minify: true, metafile: true });
// The programs share the converter with its own entry instead of holding it once more. What they share lies in dist itself, since it
// finds the core from where it lies.
for (const name of readdirSync("dist")) if (/^program-.*\.js$/.test(name)) rmSync(`dist/${name}`);
const programs = {
  ...common,
  metafile: true,
  minify: true,
  platform: "node",
  outdir: "dist",
  // All else is taken in, so that nobody has to install it.
  external: ["@jsquash/*", "onnxruntime-web"],
  alias: { npyjs: "./node_modules/npyjs/dist/index.js", fflate: "./node_modules/fflate/esm/browser.js" },
  banner: { js: "/* bsnn, MIT; what it contains: licences.txt */" },
};
const commands = await build({
  ...programs,
  splitting: true,
  chunkNames: "program-[name]-[hash]",
  plugins: [nodeModules, fewChunks, version, inlineCore],
  entryPoints: {
    ...LATER,
    "compare-worker": "hosts/node/compare/worker.ts",
    "convert-worker": "hosts/node/networks/executor-worker.ts",
    demo: "hosts/node/demo/demo.ts",
    convert: "convert/index.ts",
  },
});
const starts = await build({
  ...programs,
  plugins: [nodeModules, others, version, inlineCore],
  entryPoints: AT_ONCE,
});
const modules = [bindings, pieces, commands, starts].flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync("dist/licences.txt", licencesOf(modules));
execFileSync(process.execPath, ["node_modules/typescript-native/bin/tsc", "-p", "tsconfig.types.json"], {
  stdio: "inherit",
});

/** Only declarations that the entries lead to are of use to anybody. */
const reached = new Set();
function reach(file) {
  if (reached.has(file)) return;
  reached.add(file);
  for (const [, name] of readFileSync(file, "utf8").matchAll(/(?:from|import) ?\(?"(\.[^"]+)"/g)) {
    reach(join(dirname(file), name.replace(/\.(js|ts)$/, ".d.ts")));
  }
}
for (const file of exported) if (file.endsWith(".d.ts")) reach(join(file));
for (const file of filesIn("dist/types")) if (!reached.has(file)) rmSync(file);
