/** What a worker does that helps another: an instance of the core in its memory, which computes parts of what that one opens. */
import { Core } from "../network/core.ts";
import type { Join } from "./messages.ts";

/**
 * Joins another instance, and helps it until it is ended.
 * @param ready called once, before the thread blocks
 */
export function help({ join, module, memory }: Join, ready: () => void): void {
  const core = Core.join(module, memory, join);
  ready();
  // What has been said may need the thread to be sent.
  setTimeout(() => core.help(), 0);
}
