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

const STATUS = { format: 415, size: 413, corrupt: 422 } as const;

const [model, port = "8000"] = Deno.args;
if (model === undefined) {
  console.error("usage: deno run --allow-read --allow-net serve.ts MODEL.bsnn.gguf [PORT]");
  Deno.exit(2);
}

const network = await load(model);
const images = createImageReader({ maxPixels: MAX_PIXELS });

/** Most bytes of a refused body that are read away, so that its connection can go on. */
const MAX_DRAINED = 2 ** 24;

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const answer = (body: unknown, status = 200) => Response.json(body, { status, headers: HEADERS });
const refuse = (status: number, error: string) => answer({ error }, status);

/** The body, or null where it is longer than allowed; no more than that is ever held. */
async function readBody(request: Request): Promise<Uint8Array | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
    else chunks.length = 0;
    if (length > MAX_BODY + MAX_DRAINED) break;
  }
  return length <= MAX_BODY ? new Uint8Array(await new Blob(chunks).arrayBuffer()) : null;
}

async function respond(request: Request): Promise<Response> {
  // A client that goes away is no failure of the server.
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return refuse(400, "the body breaks off");
  if (new URL(request.url).pathname !== "/") return refuse(404, "POST an image to /");
  if (request.method !== "POST") return refuse(405, "POST a PNG or JPEG");
  if (body === null) return refuse(413, `the body is longer than ${MAX_BODY} bytes`);
  try {
    const samples = await images.samples(body, network.input);
    return answer({ top: network.classify(samples, { top: 5 }), steps: network.latency });
  } catch (error) {
    if (error instanceof ImageError) return refuse(STATUS[error.fault], `the image ${error.message}`);
    throw error;
  }
}

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, respond);
