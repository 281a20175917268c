/** The WASI command: its arguments, what it finds as its model, and its standard input. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stateChecksum } from "../../../convert/write/checksum.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { sample } from "../../support/core/sample.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { type Target, words } from "../target.ts";

/** As hosts/wasi/shim.mjs has it, which is no TypeScript. */
type Run = (
  command: WebAssembly.Module,
  args: readonly string[],
  files: ReadonlyMap<string, Uint8Array>,
  input: Uint8Array,
) => Promise<{ readonly code: number; readonly output: string; readonly errors: string }>;

const { run } = (await import(pathToFileURL(join(PROJECT, "hosts/wasi/shim.mjs")).href)) as { run: Run };
const command = await WebAssembly.compile(await readFile(join(PROJECT, "dist/bsnn.wasi.wasm")));
const model = writeModel(sample);
/** What a terminal would obey, but for the line feeds of a report. */
const OBEYED = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

/** More than this many images of standard input take their time, and are no other kind of input. */
const MOST_IMAGES = 20;

/** A line of arguments, with the rest as a file of the name `f` and as standard input; `m` is a sound model. */
function inputOf(bytes: Uint8Array): { args: string[]; rest: Uint8Array } {
  const end = bytes.indexOf(10);
  const line = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
  return {
    args: line.split(" ").filter((text) => text !== "" && !text.includes("\0")),
    rest: bytes.slice(end < 0 ? bytes.length : end + 1),
  };
}

export const target: Target = {
  what: "the WASI command (arguments, model, standard input)",
  longest: 4096,
  words: words(
    "--json",
    "--top ",
    "--top=",
    "--mode step",
    "--mode=",
    "--images 2",
    "--help",
    " m ",
    " f ",
    "\n",
    "P6",
    "P5",
    " 255\n",
    "4 4",
    "#",
  ),
  async seeds() {
    const pixels = Uint8Array.from({ length: 32 }, (_, i) => i * 8);
    const input = (line: string, rest: Uint8Array) =>
      new Uint8Array(Buffer.concat([Buffer.from(`${line}\n`, "latin1"), rest]));
    return [
      input("m", pixels),
      input("m --json --mode step --top 3", pixels),
      input("m --images=2 --json", new Uint8Array(64)),
      input("f --json", model),
      input("f", model),
      input("m", new Uint8Array(Buffer.from("P6\n4 4\n255\n".padEnd(59, "x")))),
      input("m --json", new Uint8Array(Buffer.from("P5 # grey\n4 4 255\n".padEnd(34, "y")))),
      input("--help", new Uint8Array()),
    ];
  },
  mend(input) {
    stateChecksum(input.subarray(input.indexOf(10) + 1));
    return input;
  },
  async run(bytes) {
    const { args, rest } = inputOf(bytes);
    if (/--images[= ]*(\d+)/.test(args.join(" ")) && Number(RegExp.$1) > MOST_IMAGES) return;
    const files = new Map([
      ["m", model],
      ["f", rest],
    ]);
    const { code, output, errors } = await run(command, args, files, rest);
    assert.ok(code === 0 || code === 1 || code === 2, `exit code ${code}`);
    assert.equal(errors === "", code === 0, errors);
    assert.doesNotMatch(output + errors, OBEYED);
    if (code === 0 && args.includes("--json") && output !== "" && !args.includes("--help") && !args.includes("-h"))
      JSON.parse(output);
  },
};
