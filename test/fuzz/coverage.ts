/**
 * What code an input reaches: in WebAssembly by marks (wasm-sites.ts), at once; in JavaScript by V8's own precise coverage, which
 * takes milliseconds to read and so is read once for many inputs.
 */

import { Session } from "node:inspector";
import { MARKS, markModule } from "./wasm-sites.ts";

/** Modules beyond this are other people's engines (onnxruntime), which nobody here can mend. */
const LARGEST_MODULE = 2 ** 20;

interface Watched {
  readonly marks: { value: number }[];
  /** Bits seen of each global, for all instances of the module. */
  readonly seen: Int32Array;
}

const seenOf = new WeakMap<WebAssembly.Module, Int32Array>();
let allSites = 0;
/** Instances that have been made since the last look, and the last of each module, which may be kept and used again. */
let fresh: Watched[] = [];
const kept = new Map<WebAssembly.Module, Watched>();

function watch(instance: WebAssembly.Instance, module: WebAssembly.Module): void {
  const seen = seenOf.get(module);
  if (!seen) return;
  const marks = Array.from(seen, (_, i) => instance.exports[`${MARKS}${i}`] as unknown as { value: number });
  const watched = { marks, seen };
  fresh.push(watched);
  kept.set(module, watched);
}

/**
 * From now on every module that is compiled in this process has marks. To be called before anything is compiled.
 * @returns what ends it
 */
export function watchWasm(): () => void {
  const { compile, instantiate, Instance } = WebAssembly;
  WebAssembly.compile = async (source) => {
    const given = new Uint8Array(ArrayBuffer.isView(source) ? source.buffer : source);
    const view = ArrayBuffer.isView(source)
      ? given.subarray(source.byteOffset, source.byteOffset + source.byteLength)
      : given;
    if (view.length > LARGEST_MODULE) return compile(source);
    const { bytes, sites } = markModule(view);
    const module = await compile(bytes);
    allSites += sites;
    seenOf.set(module, new Int32Array(Math.ceil(sites / 32)));
    return module;
  };
  WebAssembly.instantiate = (async (source: WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const made = await instantiate(source, imports);
    if (made instanceof Instance) watch(made, source);
    return made;
  }) as typeof WebAssembly.instantiate;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, [module, imports]) {
      const made = new target(module, imports);
      watch(made, module);
      return made;
    },
  });
  return () => Object.assign(WebAssembly, { compile, instantiate, Instance });
}

function bitsIn(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

let wasmSeen = 0;

/** Takes note of the WebAssembly that has run since the last call. @returns true where some of it had never run before */
export function lookAtWasm(): boolean {
  const before = wasmSeen;
  for (const watched of new Set([...fresh, ...kept.values()])) {
    const { marks, seen } = watched;
    for (let i = 0; i < marks.length; i++) {
      const value = marks[i].value;
      if (value === 0) continue;
      const found = value & ~seen[i];
      if (found !== 0) {
        seen[i] |= found;
        wasmSeen += bitsIn(found);
      }
      marks[i].value = 0;
    }
  }
  fresh = [];
  return wasmSeen > before;
}

type Ranges = readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: Ranges }[];
}

const session = new Session();
/** For each function which of its characters have run. */
const painted = new Map<string, Uint8Array>();
let jsSeen = 0;

/** Begins to count which JavaScript runs. @returns what ends it */
export function watchJavaScript(): () => void {
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return () => session.disconnect();
}

function takeCoverage(): ScriptCoverage[] {
  let result: ScriptCoverage[] = [];
  // With this process itself the answer comes before the call returns.
  session.post("Profiler.takePreciseCoverage", (error, answer) => {
    if (error) throw error;
    result = answer.result;
  });
  return result;
}

/** What is ours: sources of the project, and what its build made of them, but for the tests. */
const OURS = /^file:.*\/(?:bindings|convert|dist|hosts|layout)\//;

/** The JavaScript that has run between two looks. */
export interface Look {
  /** True where some of it had never run in any look that was noted. */
  isNew(): boolean;
  /** Takes note of it. */
  note(): void;
}

/** What JavaScript has run since the last look. */
export function lookAtJavaScript(): Look {
  const functions = takeCoverage()
    .filter(({ url }) => OURS.test(url))
    .flatMap(({ url, functions }) => functions.map(({ ranges }) => ({ url, ranges })));
  return {
    isNew: () => functions.some((one) => piecesOf(one, false) > 0),
    note: () => {
      for (const one of functions) jsSeen += piecesOf(one, true);
    },
  };
}

/**
 * How many pieces of a function have run and had not before.
 * @param note whether they count as having run from now on
 */
function piecesOf({ url, ranges }: { url: string; ranges: Ranges }, note: boolean): number {
  // The first range is the function's, those after it lie in those before them.
  const [{ startOffset: start, endOffset: end, count }] = ranges;
  if (count === 0 && ranges.length === 1) return 0;
  const key = `${url} ${start} ${end}`;
  const page = painted.get(key) ?? new Uint8Array(end - start);
  painted.set(key, page);
  const ran = new Uint8Array(end - start);
  for (const range of ranges) ran.fill(Math.min(1, range.count), range.startOffset - start, range.endOffset - start);
  let pieces = 0;
  let inside = false;
  for (let i = 0; i < ran.length; i++) {
    const fresh = ran[i] !== 0 && page[i] === 0;
    if (fresh && !inside) pieces++;
    inside = fresh;
    if (fresh && note) page[i] = 1;
  }
  return pieces;
}

export interface Reached {
  /** Places of WebAssembly where control may turn, reached and there. */
  readonly sites: number;
  readonly allSites: number;
  /** Pieces of JavaScript between which control may turn, as far as they were told apart. */
  readonly pieces: number;
}

export function reached(): Reached {
  return { sites: wasmSeen, allSites, pieces: jsSeen };
}
