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

/** Longest body in bytes, and most pixels of an image. */
const MAX_BODY = 2 ** 22;
const MAX_PIXELS = 2 ** 22;

const STATUS = { format: 415, size: 413, corrupt: 422 } as const;

const [model, port = "8000"] = Deno.args;
if (model === undefined) {
  console.error("usage: deno run --allow-read --allow-net serve.ts MODEL.bsnn.gguf [PORT]");
  Deno.exit(2);
}

const network = await load(model);
const images = createImageReader({ maxPixels: MAX_PIXELS });

const refuse = (status: number, error: string) => Response.json({ error }, { status });

/** The body, or null where it is longer than allowed; no more than that is ever held. */
async function readBody(request: Request): Promise<Uint8Array | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, async (request) => {
  if (new URL(request.url).pathname !== "/") return refuse(404, "POST an image to /");
  if (request.method !== "POST") return refuse(405, "POST a PNG or JPEG");
  const body = await readBody(request);
  if (body === null) return refuse(413, `the body is longer than ${MAX_BODY} bytes`);
  try {
    const samples = await images.samples(body, network.input);
    return Response.json({ top: network.classify(samples, { top: 5 }), steps: network.latency });
  } catch (error) {
    if (error instanceof ImageError) return refuse(STATUS[error.fault], `the image ${error.message}`);
    throw error;
  }
});
