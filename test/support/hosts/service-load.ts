/**
 * Clients of a classification service, many at once, of which some send what is broken, too long, slow, half or hostile: what they get,
 * how long the valid ones wait, and which connections they lose.
 */

import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { encodeJpeg } from "../files/jpeg.ts";
import { type GreyScan, greyJpeg } from "../files/jpeg-parts.ts";
import { encodePng } from "../files/png.ts";
import type { Heap } from "./inspector.ts";
import { linearMemoryOf, useOf } from "./process-use.ts";

/** A service as a client sees it. */
export interface Served {
  readonly name: string;
  /** Where images are posted to. */
  readonly address: URL;
  readonly pid: number;
  /** Longest body it takes, bytes. */
  readonly maxBody: number;
  /** The class that an answer names. */
  answerOf(body: string): string | undefined;
  /** JavaScript's memory in its isolate. */
  heap(): Promise<Heap>;
  /** Collects the isolate's garbage, where its inspector can. */
  collect?(): Promise<void>;
}

/**
 * A kind of memory while a service was under load, bytes: of a tenth of the time each the median, or, of memory that is collected again and
 * again, the least.
 */
export interface Course {
  readonly early: number;
  readonly middle: number;
  readonly late: number;
  readonly most: number;
}

export type Kind = "valid" | "invalid" | "oversized" | "slow" | "aborted" | "hostile";

interface Post {
  readonly kind: Kind;
  readonly body: Uint8Array;
  readonly type: string;
  /** Status codes that are right. */
  readonly statuses: readonly number[];
  /** The class that a right answer names. */
  readonly label?: string;
}

export interface ServiceReport {
  readonly seconds: number;
  /** Requests made, by kind. */
  readonly made: Readonly<Record<Kind, number>>;
  /** What went wrong, by what it was. */
  readonly wrong: Readonly<Record<string, number>>;
  /** Waiting times of valid requests, ms: of half of them, of 95 and 99 of 100, and the longest. */
  readonly waited: readonly [p50: number, p95: number, p99: number, longest: number];
  /** Memory of the process that is no page of a file, and what it was before the first request. */
  readonly own: Course;
  readonly idle: number;
  /** The same right after garbage was collected, in the middle and in the end: what is held, or lost for good. Null where it cannot be. */
  readonly left: { readonly middle: number; readonly late: number } | null;
  /** Of the isolate: JavaScript's and its buffers', and the linear memories of WebAssembly instances, as far as they are resident. */
  readonly heap: Course;
  readonly linear: Course;
  /** Pages of files in the end: the runtime's own code, bytes. */
  readonly files: number;
  /** Connections that the server ended while they were used, or soon after; those of aborted requests are the client's. */
  readonly lostConnections: number;
  /** Connections that the server ended after they had been idle for long, as it may. */
  readonly idleConnections: number;
  /** Requests sent once more, as browsers do, since a connection that had been idle ended before any byte of an answer. */
  readonly retried: number;
  /** Hostile images that were told to come again (503). */
  readonly comeAgain: number;
}

/** What clients send: how often each, by its place. */
export async function postsFor(
  digits: readonly { readonly png: Uint8Array; readonly label: string }[],
  maxBody: number,
): Promise<Readonly<Record<Kind, readonly Post[]>>> {
  const scan: GreyScan = { first: 0, last: 0, high: 0, low: 0, data: Array<number>(1025).fill(0) };
  const png = "image/png";
  const jpeg = "image/jpeg";
  // Every coefficient in a scan of its own, each over all of the image.
  const every = Array.from({ length: 64 }, (_, k): GreyScan => ({ ...scan, first: k, last: k }));
  const wide = Array.from({ length: 700 * 700 * 4 }, (_, i) => (i >> 8) % 251);
  const bomb = encodePng(28, 28, "grey", new Uint8Array(784));
  bomb.writeUInt32BE(30_000, 16);
  bomb.writeUInt32BE(30_000, 20);
  const of = (kind: Kind, body: Uint8Array, type: string, ...statuses: number[]): Post => ({
    kind,
    body,
    type,
    statuses,
  });
  return {
    valid: digits.map(({ png: body, label }) => ({ ...of("valid", body, png, 200), label })),
    slow: digits.map(({ png: body, label }) => ({ ...of("slow", body, png, 200), label })),
    aborted: digits.map(({ png: body }) => of("aborted", body, png)),
    invalid: [
      of("invalid", digits[0].png.subarray(0, 100), png, 422),
      of("invalid", Buffer.from("GIF89a, or so it says"), png, 415),
      of("invalid", new Uint8Array(), png, 415),
    ],
    oversized: [of("oversized", new Uint8Array(maxBody + 1), png, 413)],
    hostile: [
      of("hostile", greyJpeg(0xc2, 724, 724, [{ ...scan, data: [0] }]), jpeg, 422),
      of("hostile", greyJpeg(0xc2, 724, 724, Array<GreyScan>(120).fill(scan)), jpeg, 422),
      of("hostile", greyJpeg(0xc2, 720, 720, every), jpeg, 422),
      of("hostile", encodePng(1, 2 ** 19, "grey", new Uint8Array(2 ** 19)), png, 200),
      of("hostile", encodePng(700, 700, "rgba", wide, 16), png, 200),
      of("hostile", await encodeJpeg(700, 700, Uint8ClampedArray.from(wide)), jpeg, 200),
      of("hostile", bomb, png, 413),
    ],
  };
}

/** How many of a hundred requests are of a kind. */
const SHARES: Readonly<Record<Kind, number>> = { valid: 70, invalid: 8, oversized: 2, slow: 5, aborted: 7, hostile: 8 };
export const KINDS = Object.keys(SHARES) as readonly Kind[];
const MIX = KINDS.flatMap((kind) => Array<Kind>(SHARES[kind]).fill(kind));

/** Longest that anybody waits for an answer, ms. */
const PATIENCE = 60_000;

/** A server may end a connection that is idle for as long, ms; one that ends before is lost. */
const IDLE = 4000;

/** A request on a connection that had been idle and ended before any byte of an answer. */
class Unanswered extends Error {}

/** One client: a connection that it keeps, and what it gets. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: URL;
  #socket: Socket | undefined;
  /** When its last answer was whole. */
  #answered = Number.POSITIVE_INFINITY;
  /** Connections that ended without its doing: used or hardly idle, and idle for long. */
  lost = 0;
  idle = 0;
  retried = 0;

  constructor(url: URL) {
    this.#url = url;
  }

  #begin(post: Post): ClientRequest {
    const headers = { "content-type": post.type, "content-length": post.body.length };
    const sent = request(this.#url, { method: "POST", agent: this.#agent, headers });
    sent.on("socket", (socket) => {
      if (this.#socket === socket) return;
      this.#socket = socket;
      socket.on("close", () => {
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        if (performance.now() - this.#answered > IDLE) this.idle++;
        else this.lost++;
      });
    });
    return sent;
  }

  /** As `#sendOnce`; once more where an idle connection turns out to have ended. */
  async send(post: Post, pieceMs = 0): Promise<{ status: number; body: string }> {
    try {
      return await this.#sendOnce(post, pieceMs);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.retried++;
      return this.#sendOnce(post, pieceMs);
    }
  }

  /** Sends all of it and waits for the answer. @param pieceMs pause after every fourth of the body */
  #sendOnce(post: Post, pieceMs: number): Promise<{ status: number; body: string }> {
    const wasIdle = performance.now() - this.#answered > IDLE;
    return new Promise((resolve, reject) => {
      const sent = this.#begin(post);
      sent.setTimeout(PATIENCE, () => sent.destroy(new Error("no answer")));
      let answering = false;
      sent.on("error", (error) => reject(wasIdle && sent.reusedSocket && !answering ? new Unanswered() : error));
      sent.on("response", (response: IncomingMessage) => {
        answering = true;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          this.#answered = performance.now();
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
      });
      if (pieceMs === 0) return void sent.end(post.body);
      const size = Math.ceil(post.body.length / 4);
      const next = (at: number): void => {
        if (at >= post.body.length) return void sent.end();
        sent.write(post.body.subarray(at, at + size));
        setTimeout(next, pieceMs, at + size);
      };
      next(0);
    });
  }

  /** Sends half of it and goes away. */
  abort(post: Post): Promise<void> {
    return new Promise((resolve) => {
      const sent = this.#begin(post);
      sent.on("error", () => {});
      sent.on("close", () => resolve());
      sent.write(post.body.subarray(0, post.body.length >> 1));
      setTimeout(() => {
        this.#socket = undefined;
        sent.destroy();
      }, 10);
    });
  }

  close(): void {
    this.#socket = undefined;
    this.#agent.destroy();
  }
}

/** What was seen of a kind of memory, as a course. */
function courseOf(seen: readonly number[], isCollected = false): Course {
  const during = (from: number, to: number): number => {
    const part = seen.slice(Math.floor(from * seen.length), Math.ceil(to * seen.length)).sort((a, b) => a - b);
    return part[isCollected ? 0 : part.length >> 1];
  };
  return { early: during(0.1, 0.2), middle: during(0.45, 0.55), late: during(0.9, 1), most: Math.max(...seen) };
}

/** Times between two looks at a process, and at an isolate, ms. */
const LOOK = 200;
const LOOK_INSIDE = 2000;

/**
 * Loads a service.
 * @param load pauseMs: how long a client waits before its next request, at most, half of that on average; kinds: of requests, in place of
 * the others valid ones are made; isEmpty: the service does nothing, so that its answers are not looked at
 */
export async function loadService(
  { address, pid, answerOf, heap, collect }: Served,
  posts: Readonly<Record<Kind, readonly Post[]>>,
  load: {
    readonly clients: number;
    readonly seconds: number;
    readonly pauseMs: number;
    readonly kinds?: readonly Kind[];
    readonly isEmpty?: boolean;
  },
): Promise<ServiceReport> {
  const { clients, seconds, pauseMs, kinds = KINDS, isEmpty = false } = load;
  const made = { valid: 0, invalid: 0, oversized: 0, slow: 0, aborted: 0, hostile: 0 };
  const wrong: Record<string, number> = {};
  const waited: number[] = [];
  const seen = { own: [] as number[], heap: [] as number[], linear: [] as number[] };
  let lostConnections = 0;
  let idleConnections = 0;
  let retried = 0;
  let comeAgain = 0;
  const { own: idle } = await useOf(pid);
  const begin = performance.now();
  const going = () => performance.now() - begin < 1000 * seconds;
  let turn = 0;

  const one = async (client: Client): Promise<void> => {
    const drawn = MIX[(turn * 37) % MIX.length];
    const kind = kinds.includes(drawn) ? drawn : "valid";
    const post = posts[kind][turn++ % posts[kind].length];
    made[kind]++;
    try {
      if (kind === "aborted") return await client.abort(post);
      const start = performance.now();
      const { status, body } = await client.send(post, kind === "slow" ? 100 : 0);
      if (kind === "valid") waited.push(performance.now() - start);
      if (isEmpty) return;
      if (kind === "hostile" && status === 503) return void comeAgain++;
      if (!post.statuses.includes(status)) throw new Error(`status ${status}`);
      if (post.label !== undefined && answerOf(body) !== post.label) throw new Error(`the answer ${body}`);
    } catch (error) {
      const what = `${kind}: ${(error as Error).message}`;
      wrong[what] = (wrong[what] ?? 0) + 1;
    }
  };
  const live = async (): Promise<void> => {
    const client = new Client(address);
    while (going()) {
      await one(client);
      await new Promise((resolve) => setTimeout(resolve, ((turn * 7919) % 1000) * (pauseMs / 1000)));
    }
    lostConnections += client.lost;
    idleConnections += client.idle;
    retried += client.retried;
    client.close();
  };
  const every = async (ms: number, look: () => Promise<void>): Promise<void> => {
    while (going()) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  };
  /** Memory once garbage has been collected, the least of some looks: requests go on meanwhile. */
  const leftAfterCollecting = async (): Promise<number> => {
    if (!collect) return Number.NaN;
    let least = Number.POSITIVE_INFINITY;
    for (let looks = 0; looks < 5; looks++) {
      await collect();
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      least = Math.min(least, (await useOf(pid)).own);
    }
    return least;
  };
  const left = { middle: 0, late: 0 };
  await Promise.all([
    (async () => {
      await new Promise((resolve) => setTimeout(resolve, 500 * seconds));
      left.middle = await leftAfterCollecting();
    })(),
    every(LOOK, async () => void seen.own.push((await useOf(pid)).own)),
    every(LOOK_INSIDE, async () => {
      seen.linear.push(await linearMemoryOf(pid));
      seen.heap.push((await heap()).used);
    }),
    ...Array.from({ length: clients }, live),
  ]);
  left.late = await leftAfterCollecting();
  const { files } = await useOf(pid);
  waited.sort((a, b) => a - b);
  const quantile = (q: number): number => waited[Math.min(waited.length - 1, Math.floor(q * waited.length))];
  return {
    seconds: (performance.now() - begin) / 1000,
    made,
    wrong,
    waited: [quantile(0.5), quantile(0.95), quantile(0.99), quantile(1)],
    own: courseOf(seen.own),
    idle,
    left: collect ? left : null,
    heap: courseOf(seen.heap, true),
    linear: courseOf(seen.linear),
    files,
    lostConnections,
    idleConnections,
    retried,
    comeAgain,
  };
}
