/**
 * How threads share out the parts of one population after another. The one that leads opens a population; every thread claims parts that
 * nobody has begun and computes them; the leader goes on when all are done. Nobody waits for a thread that has claimed nothing, so that one
 * to which the machine gives no time only leaves its parts to others.
 */
import { MOST_THREADS, THREADS, thread } from "../network/part";

/**
 * Looks at a word in memory, 0.4 ns each, before a thread sleeps: about 0.2 ms for a helper, in which a caller hands over the next image, and
 * 40 µs for the leader, who waits for parts that are under way.
 */
const HELPER_LOOKS: u32 = 500000;
const LEADER_LOOKS: u32 = 100000;
/** Looks of a leader that must not sleep, and times of sleep, before what others have claimed is given up: about ten seconds. */
const MOST_LOOKS: u64 = 1 << 34;
const MOST_SLEEPS: u32 = 100;
const SLEEP_NS: i64 = 100_000_000;

/** What threads tell each other, each in a line of the cache of its own. */
// prettier-ignore
const words: usize = THREADS ? memory.data(6 * 64, 64) : 0;
/** u64: which call this is << 32 | a bit for each part that nobody has begun. */
const CALL: usize = words;
/** u32: parts that are done; whether the leader sleeps until one more is. */
const DONE: usize = words + 64;
const LEADER_SLEEPS: usize = words + 128;
/** u32: changes with every call; how many helpers sleep until it does. */
const CALLS: usize = words + 192;
const SLEEPERS: usize = words + 196;
/** u32: a thread has failed; helpers are to end. The bindings set them. */
const FAILED: usize = words + 256;
const ENDING: usize = words + 260;
/** What is being computed. */
const job = changetype<Job>(words + 320);


@unmanaged
class Job {
  /** Index of the population; whether it starts outputs anew, and from what is left of potentials. */
  population: u32;
  first: bool;
  rests: bool;
  /** In how many parts, and whether these are of channels rather than of rows. */
  parts: u32;
  ofChannels: bool;
}

/** Whether a thread did not finish what it had claimed: nothing that has been computed since can be trusted. */
export let lost: bool = false;
/** Whether the leader may sleep: the main thread of a page must not. */
export let mayWait: bool = false;

/** The population being computed, and how. */
// @ts-ignore: decorator
@inline
export function currentJob(): Job {
  return job;
}

/** Where the bindings write that a thread has failed (u32), and behind it that helpers are to end. */
export function signals(): usize {
  return FAILED;
}

/** The leader opens a population for everyone, in 2…32 parts. */
export function open(population: u32, first: bool, rests: bool, parts: u32, ofChannels: bool): void {
  job.population = population;
  job.first = first;
  job.rests = rests;
  job.parts = parts;
  job.ofChannels = ofChannels;
  atomic.store<u32>(DONE, 0);
  const call = (load<u64>(CALL) >> 32) + 1;
  atomic.store<u64>(CALL, (call << 32) | (((<u64>1) << parts) - 1));
  atomic.add<u32>(CALLS, 1);
  if (atomic.load<u32>(SLEEPERS)) atomic.notify(CALLS, MOST_THREADS);
}

/** Claims a part that nobody has begun, at best the one that is this thread's in every population; −1 where there is none. */
export function claim(): i32 {
  let call = atomic.load<u64>(CALL);
  while (<u32>call) {
    const free = <u32>call;
    const beyond = (free >> thread) << thread;
    const part = ctz(beyond ? beyond : free);
    // A bit of this call is free, so that it is not over, and what it is about cannot change once the bit is taken.
    const found = atomic.cmpxchg<u64>(CALL, call, call ^ ((<u64>1) << part));
    if (found == call) return part;
    call = found;
  }
  return -1;
}

/** Tells that a part is done. */
export function finish(): void {
  atomic.add<u32>(DONE, 1);
  if (thread && atomic.load<u32>(LEADER_SLEEPS)) atomic.notify(DONE, 1);
}

/** The leader waits until all parts are done, which others are at. */
export function close(): void {
  let looks: u64 = 0;
  let sleeps: u32 = 0;
  for (;;) {
    const done = atomic.load<u32>(DONE);
    if (done == job.parts) return;
    if (++looks < LEADER_LOOKS) continue;
    if (atomic.load<u32>(FAILED) || looks > MOST_LOOKS || sleeps > MOST_SLEEPS) break;
    if (!mayWait) continue;
    atomic.store<u32>(LEADER_SLEEPS, 1);
    // Only sleep that lasted as long as it may counts: not that of a machine that slept meanwhile.
    if (atomic.wait<i32>(DONE, done, SLEEP_NS) == AtomicWaitResult.TIMED_OUT) sleeps++;
    atomic.store<u32>(LEADER_SLEEPS, 0);
  }
  lost = true;
}

/** Wakes all helpers that sleep. */
export function wake(): void {
  atomic.add<u32>(CALLS, 1);
  atomic.notify(CALLS, MOST_THREADS);
}

/** A helper looks for a call for a while, then sleeps until there is one; false where it is to end. */
export function awaitCall(): bool {
  for (let looks: u32 = 0; looks < HELPER_LOOKS; looks++) if (<u32>atomic.load<u64>(CALL)) return true;
  atomic.add<u32>(SLEEPERS, 1);
  const calls = atomic.load<u32>(CALLS);
  // Whoever calls from here on changes the word, or finds the sleeper.
  if (!(<u32>atomic.load<u64>(CALL)) && !atomic.load<u32>(ENDING)) atomic.wait<i32>(CALLS, calls, -1);
  atomic.sub<u32>(SLEEPERS, 1);
  return !atomic.load<u32>(ENDING);
}
