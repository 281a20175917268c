/**
 * Builds the wheel of the Python package: copies what it carries of dist/, which must have been built, and has pip do the rest.
 * `node scripts/python-wheel.mjs [FOLDER] [--install]`; the folder is hosts/python/dist unless given. With `--install` the package is
 * installed below it, in the folder `python`, for the environment of test/hosts/python/install.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const project = join(root, "hosts/python");
/** Where test/hosts/python/install has put everything; elsewhere pip fetches the build backend. */
const installed = join(root, "test/hosts/node_modules/.cache/python/bin/python");
const ready = existsSync(installed);

/** A model to try it with, and an image for it. */
const EXAMPLE = ["digits.bsnn.gguf", "seven.png"];
/** Cores in the package, by what they are in dist/; wasmtime has a relaxed one that is laid out for its compiler. */
const CORES = {
  "core.wasm": "core.wasm",
  "core.relaxed.wasm": "core.wasmtime.wasm",
  "core.lab.wasm": "core.lab.wasm",
};

for (const [core, built] of Object.entries(CORES)) {
  copyFileSync(join(root, "dist", built), join(project, "src/bsnn", core));
}
copyFileSync(join(root, "LICENSE"), join(project, "LICENSE"));
mkdirSync(join(project, "src/bsnn/models"), { recursive: true });
for (const model of EXAMPLE) copyFileSync(join(root, "models", model), join(project, "src/bsnn/models", model));
const [given, install] = process.argv.slice(2);
const folder = resolve(given ?? join(project, "dist"));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (/^bsnn-.*\.whl$/.test(name)) rmSync(join(folder, name));
const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir", folder];
if (ready) options.push("--no-build-isolation");
const python = process.env.PYTHON ?? (ready ? installed : "python3");
execFileSync(python, ["-m", "pip", "wheel", ...options, project], { stdio: "inherit" });
const wheels = readdirSync(folder)
  .filter((name) => /^bsnn-.*\.whl$/.test(name))
  .map((name) => join(folder, name));
if (install === "--install") {
  const into = ["--no-deps", "--upgrade", "--target", join(folder, "python")];
  execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...into, ...wheels]);
}
for (const wheel of wheels) console.log(wheel);
