/** Schedules of early firing: read from a model file, made of one delay, checked. */
import { Key } from "../../layout/layout.ts";
import { mustBe, readNumbers as readList, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { shown } from "../kinds.ts";
import type { Core } from "../network/core.ts";
import type { Schedule, ScheduleName } from "./types.ts";

/** In the order in which a file holds them. */
const NAMES = ["exact", "close", "fast"] as const satisfies readonly ScheduleName[];

/** Shares of a spike's worth, in sixteenths: the least, at which fewest neurons stay unsettled, and one that saves a tenth of the spikes. */
const HALF = 8;
const USUAL = 9;

/**
 * Reads the schedules of a file.
 * @param deepest L
 * @returns null where it holds none
 * @throws BsnnError `bad-model` where their numbers do not fit the network
 */
export function readSchedules(core: Core, deepest: number, phases: number): Record<ScheduleName, Schedule> | null {
  const corrections = readNumbers(core, Key.earlyCorrections);
  const delays = readNumbers(core, Key.earlyDelays);
  const shares = readNumbers(core, Key.earlyShares);
  if (!corrections && !delays && !shares) return null;
  const schedules = NAMES.map((name, i) => {
    const part = (values: readonly number[] | null) => values?.slice(i * deepest, (i + 1) * deepest) ?? [];
    const schedule = { delays: part(delays), shares: part(shares), corrections: corrections?.[i] ?? Number.NaN };
    const fault = faultOf(schedule, deepest, phases);
    if (fault) throw new BsnnError("bad-model", `schedule '${name}' of early firing: ${fault}`);
    return [name, schedule];
  });
  return Object.fromEntries(schedules);
}

function readNumbers(core: Core, key: Key): number[] | null {
  const pointer = core.exports.keyPointer(key);
  return pointer ? [...core.copyU32(pointer, core.exports.keyCount(key))] : null;
}

/** One delay for all depths. */
export function uniform(delay: number, deepest: number): Schedule {
  const all = (value: number) => Array<number>(deepest).fill(value);
  return { delays: all(delay), shares: all(USUAL), corrections: 0 };
}

/**
 * Copies a schedule that a caller hands over.
 * @throws BsnnError `bad-input` where it is none, or does not fit the network
 */
export function readSchedule(given: unknown, deepest: number, phases: number): Schedule {
  if (typeof given !== "object" || given === null) throw mustBe("schedule", "a schedule, its name or a delay", given);
  const { delays, shares, corrections } = readOptions(
    given as Schedule,
    ["delays", "shares", "corrections"],
    "schedule",
  );
  const schedule = {
    delays: [...readList("delays of schedule", delays, deepest)],
    shares: [...readList("shares of schedule", shares, deepest)],
    corrections: corrections as 0 | 1,
  };
  const fault = faultOf(schedule, deepest, phases);
  if (fault) throw new BsnnError("bad-input", `schedule: ${fault}`);
  return schedule;
}

/** What is wrong with a schedule, null where nothing is. */
function faultOf(
  { delays, shares, corrections }: { [K in keyof Schedule]: unknown },
  deepest: number,
  phases: number,
): string | null {
  return (
    faultOfList("delays", delays, deepest, 1, phases) ??
    faultOfList("shares", shares, deepest, HALF, 16) ??
    (corrections === 0 || corrections === 1 ? null : `corrections must be 0 or 1, found ${shown(corrections)}`)
  );
}

function faultOfList(name: string, found: unknown, count: number, lo: number, hi: number): string | null {
  const values: readonly unknown[] = Array.isArray(found) ? found : [];
  if (!Array.isArray(found) || values.length !== count) {
    return `${name} must be ${count} numbers, one per depth, found ${Array.isArray(found) ? found.length : found}`;
  }
  const odd = values.find((value) => !Number.isInteger(value) || Number(value) < lo || Number(value) > hi);
  return odd === undefined ? null : `${name} must be whole numbers in ${lo}…${hi}, found ${odd}`;
}
