/** Who may import whom; `npm run check` holds every import against it, and CONTRIBUTING.md draws it as a map. */

/** Programs that users copy, as a pattern; they import the package by its name. */
const PROGRAMS = "hosts/(?:browser(?!/lab/)|bun|deno|edge)";

/** For each folder, the other folders it may import from. */
const mayImport = {
  assembly: [],
  bindings: ["layout"],
  convert: ["layout"],
  layout: [],
  models: [],
  "hosts/node": ["bindings", "convert", "models"],
  "hosts/wasi/command": ["assembly"],
  [PROGRAMS]: [],
  "hosts/browser/lab": ["bindings", "convert", "layout", "models"],
  bench: ["bindings", "convert", "layout", "models", "hosts/node"],
  scripts: ["bindings", "convert", "models", "test", "hosts/node"],
};

/** From the ground up: each may import what stands before it, and its neighbours on the same floor. */
const floors = {
  assembly: [
    ["message"],
    ["network"],
    ["model", "neurons"],
    ["kernels"],
    ["projections"],
    ["engine"],
    ["index.ts"],
    ["lab.ts", "threads.ts"],
  ],
  convert: [
    [
      "arguments.ts",
      "encode.ts",
      "errors.ts",
      "executor.ts",
      "options.ts",
      "pause.ts",
      "per-input.ts",
      "preprocessing.ts",
      "refusal.ts",
      "simulator.ts",
      "stages.ts",
      "wiring.ts",
    ],
    ["onnx"],
    ["form"],
    ["graph"],
    ["network"],
    ["calibrate"],
    ["quantize"],
    ["write", "schedule"],
    ["index.ts"],
  ],
};

/** Packages that the build takes into what is published, so that nobody has to install them. (onnxruntime-web is an optional peer.) */
const TAKEN_IN = [
  "@observablehq/plot",
  "@xmldom/xmldom",
  "cli-progress",
  "commander",
  "fast-png",
  "fast-png",
  "fflate",
  "iobuffer",
  "iobuffer",
  "long",
  "modern-tar",
  "npyjs",
  "protobufjs",
];

const FOLDERS = ["assembly", "bench", "bindings", "convert", "hosts", "layout", "models", "scripts", "test"];
const forbid = (name, from, to) => ({ name, severity: "error", from, to });
const oneOf = (paths) => `(?:${paths.join("|").replaceAll(".", "\\.")})(?:/|$)`;

const betweenFolders = Object.entries(mayImport).map(([folder, others]) => {
  const name = `${folder === PROGRAMS ? "a program" : folder} may not import from there`;
  const pathNot = [folder, ...others].map((allowed) => `^${allowed}/`);
  return forbid(name, { path: `^${folder}/` }, { path: `^(?:${FOLDERS.join("|")})/`, pathNot });
});

const upwards = Object.entries(floors).flatMap(([folder, list]) =>
  list
    .slice(0, -1)
    .map((floor, i) =>
      forbid(
        `${folder}: no import upwards`,
        { path: `^${folder}/${oneOf(floor)}` },
        { path: `^${folder}/${oneOf(list.slice(i + 1).flat())}` },
      ),
    ),
);

/** A file on no floor would escape the rule above. */
const everyFileHasAFloor = Object.entries(floors).map(([folder, list]) =>
  forbid(
    `${folder}: a file that stands on no floor`,
    { path: `^${folder}/` },
    { path: `^${folder}/`, pathNot: `^${folder}/${oneOf(list.flat())}` },
  ),
);

module.exports = {
  forbidden: [
    forbid("no circles of files", {}, { circular: true }),
    ...betweenFolders,
    ...upwards,
    ...everyFileHasAFloor,
    forbid("the converter runs in browsers too", { path: "^convert/" }, { dependencyTypes: ["core"] }),
    forbid(
      "no Node modules where there is no Node",
      {
        path: "^bindings/(?:images/)?[^/]+\\.ts$",
        pathNot: "^bindings/(?:deno|node|node-worker|lab|images/node)\\.ts$",
      },
      { path: "^(?:node:)?(?:fs|module|os|path|process|url|worker_threads)(?:/|$)", reachable: true },
    ),
    forbid(
      "what is published takes only published packages",
      { path: "^(?:bindings|convert|hosts/node)/" },
      {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        pathNot: `node_modules/${oneOf([...TAKEN_IN, "@types", "onnxruntime-web"])}`,
      },
    ),
    forbid(
      "an import that leads nowhere escapes every rule",
      // Programs that run beside an installed package find it there.
      { pathNot: `^${PROGRAMS}/|/programs/|^test/bundlers/(?:next/)?project/` },
      {
        couldNotResolve: true,
        // What the build makes is not there before it.
        pathNot: "^assemblyscript(?:/|$)|/dist/[^/]+$|^\\./core\\.(?:relaxed\\.)?wasm",
      },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
