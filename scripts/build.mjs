/** Compiles the core with asc and bundles the TypeScript with esbuild, both into dist/. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
mkdirSync("dist", { recursive: true });

/** Time of the newest file in a folder, so that an unchanged core is not compiled again. */
function newest(folder) {
  return Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
  );
}

const inputs = Math.max(newest("assembly"), newest("hosts/wasi/command"), statSync("asconfig.json").mtimeMs);
/** Targets that are more than the core: it compiled into a program. */
const programs = { wasi: "hosts/wasi/command/index.ts" };
const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
for (const [target, { outFile }] of Object.entries(targets)) {
  if (existsSync(outFile) && statSync(outFile).mtimeMs > inputs) continue;
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main([programs[target] ?? "assembly/index.ts", "--target", target]);
  process.stderr.write(stderr.toString());
  if (error) throw error;
}

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  packages: "external",
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
};
/** Entries per host, each of one piece, so that a browser can import it as it is; the .wasm files stay beside them. */
const hosts = {
  ...common,
  platform: "neutral",
  supported: { "import-source": true },
  alias: { "@assemblyscript/loader": "./node_modules/@assemblyscript/loader/index.js" },
  external: ["node:*", "*.wasm", "*.wasm?module"],
  banner: { js: "/* bsnn, MIT; contains @assemblyscript/loader, Apache-2.0, the AssemblyScript authors */" },
};
await build({
  ...hosts,
  entryPoints: ["browser", "deno", "edge-light", "node", "workerd"].map((host) => `bindings/${host}.ts`),
  outdir: "dist",
});
await build({
  ...hosts,
  entryPoints: ["deno", "edge-light", "index", "node", "workerd"].map((host) => `bindings/images/${host}.ts`),
  outdir: "dist/images",
});
await build({ ...common, platform: "neutral", entryPoints: { convert: "convert/index.ts" }, outdir: "dist" });
for (const [name, source, banner] of [
  ["cli", "hosts/node/cli.ts", "#!/usr/bin/env node"],
  ["demo", "hosts/node/demo.ts", ""],
]) {
  if (!existsSync(source)) continue;
  await build({
    ...common,
    minify: true,
    platform: "node",
    entryPoints: { [name]: source },
    outdir: "dist",
    banner: { js: banner },
  });
}
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"], { stdio: "inherit" });
