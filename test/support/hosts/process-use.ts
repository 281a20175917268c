/** What a process has used, from Linux's /proc. */

import { readdir, readFile } from "node:fs/promises";

/** Clock ticks in a second, as every Linux reports them to programs. */
const TICKS = 100;

export interface Use {
  /** Resident memory, bytes. */
  readonly memory: number;
  /** Of it pages of files, which are the program's own code and what it brings along, bytes. */
  readonly files: number;
  /** Of it what is the program's alone: all that is no page of a file, bytes. */
  readonly own: number;
  /** Processor time of all threads, ms. */
  readonly cpuMs: number;
}

/** Process ids of this process's children that run a program of this name. */
export async function children(name: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const [, program, parent] = stat.match(/^\d+ \((.*)\) \S (\d+)/) ?? [];
    if (program === name && Number(parent) === process.pid) found.push(Number(entry));
  }
  return found;
}

export async function useOf(pid: number): Promise<Use> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const bytes = (field: string) => Number(status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"))?.[1]) * 1024;
  return {
    memory: bytes("VmRSS"),
    files: bytes("RssFile"),
    own: bytes("RssAnon") + bytes("RssShmem"),
    cpuMs: ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1000,
  };
}

/** Behind a linear memory of WebAssembly engines keep address space free, up to the most that it may have, so that no access need be checked. */
const LEAST_GUARD = 2 ** 30;

/** An engine's own heap may end with free space as well, at a multiple of this. */
const HEAP = 2 ** 32;

/** Resident pages of the linear memories of all WebAssembly instances, bytes, of those too that are garbage. */
export async function linearMemoryOf(pid: number): Promise<number> {
  const maps = await readFile(`/proc/${pid}/smaps`, "utf8");
  let before = { end: 0, resident: 0 };
  let sum = 0;
  for (const text of maps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const [, from, to, rights] = text.match(/^([0-9a-f]+)-([0-9a-f]+) (\S+)/) ?? [];
    if (from === undefined) continue;
    const [begin, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    const isGuard = rights === "---p" && end - begin > LEAST_GUARD && end % HEAP > 0;
    if (isGuard && before.end === begin) sum += before.resident;
    const resident = Number(text.match(/^Rss:\s+(\d+) kB/m)?.[1] ?? 0) * 1024;
    before = { end: rights === "rw-p" ? end : 0, resident };
  }
  return sum;
}
