/** Files that fail: operations of `node:fs/promises` that fail, or stop for ever as when the process is killed, one after another. */

import nodeFs from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** Never comes: what a killed process would do next. */
const NEVER = new Promise<never>(() => {});

export interface Fault {
  /** The operation, counted from 0, at which it happens; half of what it would write is written. */
  readonly operation?: number;
  /** Bytes that may still be written, in all. */
  readonly bytes?: number;
  /** `kill` ends everything there, anything else is the code of an error. */
  readonly how: "kill" | "ENOSPC" | "EIO" | "ENOENT";
  /** Whether files that are read at once fail as well, which no kill can stop in the middle. */
  readonly atOnce?: boolean;
}

export interface Run {
  /** Operations that were begun. */
  readonly operations: number;
  /** What the work threw; undefined where it ended well, `"killed"` where it never will. */
  readonly error: unknown;
}

const FUNCTIONS = [
  "access",
  "appendFile",
  "mkdir",
  "open",
  "readFile",
  "readdir",
  "realpath",
  "rename",
  "stat",
  "writeFile",
];
const AT_ONCE = ["readFileSync", "statSync"];
const METHODS = ["close", "read", "readFile", "stat", "sync", "write", "writeFile"];
const WRITERS = new Set(["appendFile", "write", "writeFile"]);

type Operation = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type Operations = Record<string, Operation>;

const bytesOf = (data: unknown): Buffer | null =>
  typeof data === "string"
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : null;

async function handlePrototype(): Promise<Operations> {
  const handle = await fs.open(new URL(import.meta.url));
  const prototype = Object.getPrototypeOf(handle) as Operations;
  await (handle as FileHandle).close();
  return prototype;
}

/**
 * Does some work on files that fail.
 * @param work what goes through `node:fs/promises`; removing files never fails, as in a program that cleans up
 */
export async function withFault(fault: Fault, work: () => Promise<unknown>): Promise<Run> {
  const handles = await handlePrototype();
  let operations = 0;
  let bytes = 0;
  let killed: () => void = () => {};
  const kill = new Promise<"killed">((resolve) => {
    killed = () => resolve("killed");
  });
  let over = false;
  const failure = (syscall: string, path: unknown): Error =>
    Object.assign(new Error(`${fault.how}: injected, ${syscall}`), {
      code: fault.how,
      syscall,
      ...(typeof path === "string" && { path }),
    });
  const fail = (syscall: string, path: unknown): Promise<never> => {
    if (fault.how !== "kill") return Promise.reject(failure(syscall, path));
    over = true;
    killed();
    return NEVER;
  };
  const restore: (() => void)[] = [];
  const replace = (object: Operations, name: string, method: boolean): void => {
    const original = object[name];
    object[name] = async function (...args) {
      if (over) return NEVER;
      const here = operations++ === fault.operation;
      const at = method ? 0 : 1;
      const data = WRITERS.has(name) ? bytesOf(args[at]) : null;
      const room = here ? Math.floor((data?.length ?? 0) / 2) : (fault.bytes ?? Number.POSITIVE_INFINITY) - bytes;
      if (data && room < data.length) {
        await original.apply(this, args.with(at, data.subarray(0, room)));
        bytes += room;
        return fail(name, method ? null : args[0]);
      }
      // A file that cannot be closed is none that stays open.
      if (here && name === "close") await original.apply(this, args);
      if (here) return fail(name, method ? null : args[0]);
      bytes += data?.length ?? 0;
      return original.apply(this, args);
    };
    restore.push(() => {
      object[name] = original;
    });
  };
  const replaceAtOnce = (name: string): void => {
    const object = nodeFs as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = object[name];
    object[name] = (...args) => {
      if (operations++ === fault.operation) throw failure(name, args[0]);
      return original(...args);
    };
    restore.push(() => {
      object[name] = original;
    });
  };
  if (fault.atOnce) for (const name of AT_ONCE) replaceAtOnce(name);
  for (const name of FUNCTIONS) replace(fs as unknown as Operations, name, false);
  for (const name of METHODS) replace(handles, name, true);
  syncBuiltinESMExports();
  try {
    const done = work().then(
      () => undefined,
      (error) => error,
    );
    const error = await Promise.race([done, kill]);
    return { operations, error };
  } finally {
    for (const undo of restore) undo();
    syncBuiltinESMExports();
  }
}
