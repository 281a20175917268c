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
import { busy, Refusal, withBody } from "./body.ts";

/** Most pixels of an image. Whoever asks meanwhile waits for its decoding, which takes a tenth of a second for as many. */
const MAX_PIXELS = 2 ** 19;
/** Images up to here are decoded at once, in a few milliseconds; larger ones take turns, and small ones are answered in between. */
const SMALL_PIXELS = 2 ** 16;
/** Most large images that wait; whoever sends more is told to come again. */
const MOST_WAITING = 8;

const STATUS = { format: 415, size: 413, corrupt: 422 } as const;

const [model, port = "8000"] = Deno.args;
if (model === undefined) {
  console.error("usage: deno run --allow-read --allow-net serve.ts MODEL.bsnn.gguf [PORT]");
  Deno.exit(2);
}

const network = await load(model);
const small = createImageReader({ maxPixels: SMALL_PIXELS });
const large = createImageReader({ maxPixels: MAX_PIXELS });

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const answer = (body: unknown, status = 200, headers = {}) =>
  Response.json(body, { status, headers: { ...HEADERS, ...headers } });
const refuse = (status: number, error: string) =>
  answer({ error }, status, status === 503 ? { "retry-after": "1" } : {});

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
