/** What a process has used, from Linux's /proc. */

import { readdir, readFile } from "node:fs/promises";

/** Clock ticks in a second, as every Linux reports them to programs. */
const TICKS = 100;

export interface Use {
  /** Resident memory, bytes. */
  readonly memory: number;
  /** Of it pages of files, which are the program's own code and what it brings along, bytes. */
  readonly files: number;
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
    cpuMs: ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1000,
  };
}
