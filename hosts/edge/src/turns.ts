/** Large images take turns, and small ones are answered between two of them: none waits for more than one large image. */

import { Refusal } from "./http.ts";

/** Most large images that wait; whoever sends another is told to come again. */
const MOST_WAITING = 8;
/** How often one that waits looks whether it is its turn, ms; and the pause in which small ones are answered. */
const PAUSE = 5;
/** What has not looked for as long, or has had its turn for as long, may be gone: a request that its client gives up just ends. (ms) */
const LONGEST = 1000;

/** Those that wait, in order, and when each looked last. */
const waiting = new Map<object, number>();
/** Who has the turn, and since when. */
let current: { readonly ticket: object; readonly since: number } | null = null;

/** Requests of a platform may not wake each other: each looks for itself. */
async function untilTurn(ticket: object): Promise<void> {
  for (;;) {
    waiting.set(ticket, Date.now());
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const now = Date.now();
    waiting.set(ticket, now);
    for (const [other, looked] of waiting) if (now - looked > LONGEST) waiting.delete(other);
    if (current !== null && now - current.since <= LONGEST) continue;
    const [first] = waiting.keys();
    if (first !== ticket) continue;
    current = { ticket, since: now };
    return;
  }
}

/**
 * Does work with a large image when it is its turn.
 * @throws Refusal 503 where too many wait
 */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting.size >= MOST_WAITING) throw new Refusal(503, "too many large images at once", { "retry-after": "1" });
  const ticket = {};
  try {
    await untilTurn(ticket);
    waiting.delete(ticket);
    return await work();
  } finally {
    waiting.delete(ticket);
    if (current?.ticket === ticket) current = null;
  }
}
