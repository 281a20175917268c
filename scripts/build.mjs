/** Compiles the core with asc and bundles the TypeScript with esbuild, both into dist/. */
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

const inputs = Math.max(newest("assembly"), statSync("asconfig.json").mtimeMs);
const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
for (const [target, { outFile }] of Object.entries(targets)) {
  if (existsSync(outFile) && statSync(outFile).mtimeMs > inputs) continue;
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main(["assembly/index.ts", "--target", target]);
  process.stderr.write(stderr.toString());
  if (error) throw error;
}

const common = { bundle: true, format: "esm", target: "es2022", packages: "external", logLevel: "warning" };
await build({ ...common, platform: "neutral", entryPoints: { index: "bindings/index.ts" }, outdir: "dist" });
await build({ ...common, platform: "node", entryPoints: { node: "bindings/node.ts" }, outdir: "dist" });
for (const [name, source, banner] of [
  ["cli", "hosts/node/cli.ts", "#!/usr/bin/env node"],
  ["demo", "hosts/node/demo.ts", ""],
]) {
  if (!existsSync(source)) continue;
  await build({ ...common, platform: "node", entryPoints: { [name]: source }, outdir: "dist", banner: { js: banner } });
}
