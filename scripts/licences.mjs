/** Whose work the build takes into dist/, and under which licences. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Packages whose own code stands in every core, which esbuild does not see. */
const COMPILED_IN = ["node_modules/assemblyscript"];

/** What is held in the project itself, and what it says of its licence. */
const ONNX = `onnx.proto, Apache-2.0

Copyright (c) ONNX Project Contributors. The schema of ONNX models, of which the reader of them is generated; its licence is the Apache
License 2.0, whose text stands above.
`;

/** The folder of the package that a bundled module belongs to; null for a module of the project. */
function packageOf(module) {
  const [folder] = module.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/) ?? [null];
  return folder;
}

/**
 * The notices of all packages that modules belong to, each with the text of its licence.
 * @param modules paths from the project's folder, as esbuild's metafile has them
 * @throws Error where a package has no licence to copy
 */
export function licencesOf(modules) {
  const folders = new Set([...COMPILED_IN, ...modules.map(packageOf).filter(Boolean)]);
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder)
      .filter((entry) => /^(?:licen[cs]e|notice)/i.test(entry))
      .sort();
    if (!license || !files.some((entry) => /^licen[cs]e/i.test(entry))) throw new Error(`${folder}: has no licence`);
    const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
    return `${name} ${version}, ${license}\n\n${texts.join("\n\n")}\n`;
  });
  return [...notices, ONNX].join(`\n${"-".repeat(80)}\n\n`);
}
