/** Bytes of a model on every host. */
import { BsnnError } from "../error.ts";
import type { WebSource } from "../types.ts";

/** Bytes of a model source that is bytes, a response, or an address to fetch. */
export async function sourceBytes(source: WebSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof Response !== "undefined" && source instanceof Response) return responseBytes(source);
  if (typeof source === "string" || source instanceof URL) {
    const response = await fetch(source).catch((cause) => {
      throw new BsnnError("bad-input", `cannot fetch the model from ${source}: ${(cause as Error).message}`, { cause });
    });
    return responseBytes(response);
  }
  throw new BsnnError(
    "bad-input",
    `a model is loaded from an ArrayBuffer, a Uint8Array, a URL, an address or a Response, found ${typeof source}`,
  );
}

async function responseBytes(response: Response): Promise<Uint8Array> {
  if (!response.ok) {
    throw new BsnnError("bad-input", `cannot fetch the model from ${response.url}: status ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
