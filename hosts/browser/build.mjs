/** Bundles the page into site/, with the core and the model beside it: what a web server has to serve. */

import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({
  entryPoints: ["src/page.ts", "src/classifier.ts"],
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  outdir: "site",
});
for (const file of ["bsnn/core.wasm", "bsnn/core.relaxed.wasm", "bsnn/models/digits.bsnn.gguf"]) {
  copyFileSync(fileURLToPath(import.meta.resolve(file)), `site/${file.split("/").at(-1)}`);
}
for (const file of ["index.html", "style.css"]) copyFileSync(file, `site/${file}`);
