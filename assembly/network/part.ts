/**
 * What one of several threads computes of a population, in builds for threads: instances of one core in one memory. In all others it is the
 * whole, and nothing of this remains.
 */

/** Whether this build is one for threads. */
export const THREADS: bool = ASC_FEATURE_THREADS;

/** Most threads in one memory. */
export const MOST_THREADS: u32 = 32;

/** No map ends so late. */
export const WHOLE: u32 = 0xffffffff;

/** Which thread this instance is: 0 leads. */
export let thread: u32 = 0;

/** Rows [top, bottom) and channels [first, end) of the part being computed; where a map ends before, so does the part. */
export let top: u32 = 0;
export let first: u32 = 0;
let bottom: u32 = 0xffffffff;
let end: u32 = 0xffffffff;

/** Takes note of which thread this is. */
export function setThread(index: u32): void {
  thread = index;
}

/** Makes the part what follows. */
export function setPart(fromRow: u32, toRow: u32, fromChannel: u32, toChannel: u32): void {
  top = fromRow;
  bottom = toRow;
  first = fromChannel;
  end = toChannel;
}

/** Makes the part the whole again. */
export function setWhole(): void {
  setPart(0, WHOLE, 0, WHOLE);
}

/** Where the part's rows end, of a map of so many. */
// @ts-ignore: decorator
@inline
export function bottomOf(height: u32): u32 {
  return THREADS ? min(height, bottom) : height;
}

/** Where the part's channels end, of so many. */
// @ts-ignore: decorator
@inline
export function endOf(channels: u32): u32 {
  return THREADS ? min(channels, end) : channels;
}

/** Bytes that what each thread has of a small record takes, in static memory: no two threads write to one line of a cache. */
export const OWN_BYTES: u32 = 64;

/** This thread's own of such records. */
// @ts-ignore: decorator
@inline
export function ownOf(records: usize): usize {
  return THREADS ? records + thread * OWN_BYTES : records;
}
