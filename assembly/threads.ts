/** The core for several threads in one image: instances in one shared memory, of which the first leads and the others help. */
import * as crew from "./engine/crew";
import { joinCrew } from "./engine/plan";
import { help } from "./engine/period";

export * from "./index";

/** Threads that are going to compute, 1…32; to be set before the model is loaded. */
export { threads } from "./engine/shares";

/** What tests and measurements set, as well before the model is loaded: how much is shared out, and how it is cut. */
export { cut, leastMacs } from "./engine/shares";

/** Whether the leader may sleep while it waits for others. */
export { mayWait } from "./engine/crew";

/** Whether a thread did not finish what it had begun: the network cannot be used any more. */
export { lost } from "./engine/crew";

/** Where u32 signals lie: whether a thread has failed, and whether helpers are to end. */
export { signals } from "./engine/crew";

/** Wakes helpers, to see that they are to end. */
export { wake } from "./engine/crew";

/** Makes an instance a helper, thread 1…31 of the memory in which another has loaded its model with at least so many threads. */
export function joinAs(thread: u32): void {
  joinCrew(thread);
}

/** Helps until it is to end. */
export function serve(): void {
  while (crew.awaitCall()) help();
}
