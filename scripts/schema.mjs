/**
 * Generates the reader and writer of ONNX messages from the schema as ONNX 1.17 publishes it: convert/onnx/schema/onnx.js and its
 * types. Run by the build and before types are checked; does nothing where both are newer than the schema.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (name) => fileURLToPath(new URL(`../convert/onnx/schema/${name}`, import.meta.url));
const [schema, code, types] = ["onnx.proto", "onnx.js", "onnx.d.ts"].map(at);
const time = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

if (Math.min(time(code), time(types)) <= Math.max(time(schema), time(fileURLToPath(import.meta.url)))) {
  const { default: pbjs } = await import("protobufjs-cli/pbjs.js");
  const unused = ["verify", "convert", "delimited", "service", "typeurl"].map((part) => `--no-${part}`);
  const args = ["-t", "static-module", "-w", "esm", "-r", "onnx", "--dts", ...unused, "-o", code, schema];
  await new Promise((resolve, reject) => pbjs.main(args, (error) => (error ? reject(error) : resolve())));
  // `import … = require(…)` is none of a module's.
  const text = readFileSync(types, "utf8");
  writeFileSync(types, text.replace('import Long = require("long");', 'import type Long from "long";'));
}
