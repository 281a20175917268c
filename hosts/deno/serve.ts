/**
 * A small classification server:
 *
 *   deno run --allow-read --allow-net serve.ts MODEL.bsnn.gguf [PORT]
 *   curl --data-binary @digit.png http://127.0.0.1:8000/
 *
 * It listens on loopback only; port 0 takes any free one.
 */

import { load } from "bsnn";
import { createImageReader, ImageError } from "bsnn/images";

/** Longest body, in bytes. */
const MAX_BODY = 2 ** 22;
/** Most pixels of an image. Whoever asks meanwhile waits for its decoding, which takes a tenth of a second for as many. */
const MAX_PIXELS = 2 ** 19;
/** Images up to here are decoded at once, in a few milliseconds; larger ones take turns, and small ones are answered in between. */
const SMALL_PIXELS = 2 ** 16;
/** Most large images that wait, and bytes of bodies longer than SMALL_BODY that are held; whoever sends more is told to come again. */
const MOST_WAITING = 8;
const MOST_HELD = 2 ** 24;
const SMALL_BODY = 2 ** 16;

const STATUS = { format: 415, size: 413, corrupt: 422 } as const;

const [model, port = "8000"] = Deno.args;
if (model === undefined) {
  console.error("usage: deno run --allow-read --allow-net serve.ts MODEL.bsnn.gguf [PORT]");
  Deno.exit(2);
}

const network = await load(model);
const small = createImageReader({ maxPixels: SMALL_PIXELS });
const large = createImageReader({ maxPixels: MAX_PIXELS });

/** Most bytes of a refused body that are read away, so that its connection can go on. */
const MAX_DRAINED = 2 ** 24;

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const answer = (body: unknown, status = 200, headers = {}) =>
  Response.json(body, { status, headers: { ...HEADERS, ...headers } });
const refuse = (status: number, error: string) =>
  answer({ error }, status, status === 503 ? { "retry-after": "1" } : {});

/** Why a request is refused. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const busy = () => new Refusal(503, "too many large images at once");

/** Bytes held of long bodies, of all requests. */
let held = 0;

/** ECMAScript 2024's, which not every library of types knows. */
interface Movable {
  transfer(length: number): ArrayBuffer;
}

/** A buffer's bytes in one of another length; its memory goes on with it at once, and is not left to be collected. */
const moved = (buffer: ArrayBufferLike, length: number): ArrayBuffer => (buffer as unknown as Movable).transfer(length);

/** Bytes that a body is read into at first. */
const PIECE = 2 ** 14;

/**
 * Does something with a body; what is too long, or more than may be held, is read away. Its pieces, and all
 * of it when it has been used, are let go of at once, so that nothing is left behind to be collected.
 * @throws Refusal 413 or 503 for those, 400 where it breaks off
 */
async function withBody<T>(request: Request, use: (body: Uint8Array) => Promise<T>): Promise<T> {
  let buffer = new ArrayBuffer(PIECE);
  let refusal: Refusal | null = null;
  let length = 0;
  let own = 0;
  const hold = (bytes: number) => {
    held += bytes - own;
    own = bytes;
  };
  try {
    for await (const chunk of request.body ?? []) {
      const from = length;
      length += chunk.length;
      if (length > MAX_BODY + MAX_DRAINED) break;
      if (length > MAX_BODY) refusal = new Refusal(413, `the body is longer than ${MAX_BODY} bytes`);
      else if (length > SMALL_BODY && held - own + length > MOST_HELD) refusal ??= busy();
      const size = refusal ? 0 : Math.max(buffer.byteLength, length);
      if (size !== buffer.byteLength) buffer = moved(buffer, size && Math.min(2 * size, MAX_BODY));
      if (!refusal) new Uint8Array(buffer).set(chunk, from);
      moved(chunk.buffer, 0);
      hold(length <= SMALL_BODY ? 0 : buffer.byteLength);
    }
    if (refusal) throw refusal;
    return await use(new Uint8Array(buffer, 0, length));
  } finally {
    hold(0);
    moved(buffer, 0);
  }
}

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Does work when what was there before is done and small images have been answered.
 * @throws Refusal 503 where too many wait
 */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting >= MOST_WAITING) throw busy();
  waiting++;
  const turn = last
    .then(() => new Promise((resolve) => setTimeout(resolve, 1)))
    .then(work)
    .finally(() => waiting--);
  last = turn.catch(() => {});
  return turn;
}

async function samplesOf(file: Uint8Array): Promise<Uint8Array> {
  try {
    return await small.samples(file, network.input);
  } catch (error) {
    if (error instanceof ImageError && error.fault === "size") return inTurn(() => large.samples(file, network.input));
    throw error;
  }
}

async function classify(body: Uint8Array): Promise<Response> {
  const samples = await samplesOf(body);
  return answer({ top: network.classify(samples, { top: 5 }), steps: network.latency });
}

async function respond(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  let read = false;
  try {
    return await withBody(request, async (body) => {
      read = true;
      if (pathname !== "/") return refuse(404, "POST an image to /");
      if (request.method !== "POST") return refuse(405, "POST a PNG or JPEG");
      return classify(body);
    });
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.status, error.message);
    if (error instanceof ImageError) return refuse(STATUS[error.fault], `the image ${error.message}`);
    // A client that goes away is no failure of the server.
    if (!read) return refuse(400, "the body breaks off");
    throw error;
  }
}

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, respond);
