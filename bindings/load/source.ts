/** Bytes of a model on every host. */
import { reading } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { arrayKind, bytesOf, reasonOf, shown, tagOf } from "../kinds.ts";
import type { WebSource } from "../types.ts";
import type { ReadLimits } from "./load.ts";

/**
 * Bytes of a model source that is bytes, a response, or an address to fetch.
 * @throws BsnnError `bad-input` where they cannot be had, `unsupported` where there are too many; the signal's reason where it
 * ends the reading
 */
export async function sourceBytes(source: WebSource, limits: ReadLimits): Promise<Uint8Array> {
  const tag = tagOf(source);
  if (arrayKind(source) === "Uint8Array" || tag === "ArrayBuffer")
    return givenBytes(source as Uint8Array | ArrayBuffer);
  if (tag === "Response") return responseBytes(source as Response, limits);
  if (tag === "String" || tag === "URL") {
    const signal = limits.signal as AbortSignal | undefined;
    const response = await fetch(source as string | URL, signal ? { signal } : {}).catch((cause) => {
      signal?.throwIfAborted();
      throw new BsnnError("bad-input", `cannot fetch the model from ${shown(source)}: ${reasonOf(cause)}`, { cause });
    });
    return responseBytes(response, limits);
  }
  throw new BsnnError(
    "bad-input",
    `a model is loaded from an ArrayBuffer, a Uint8Array, a URL, an address or a Response, found ${shown(source)}`,
  );
}

/** @throws BsnnError `unsupported` where a model is longer than allowed */
export function requireLength(length: number, { maxBytes }: ReadLimits): void {
  if (length <= maxBytes) return;
  throw new BsnnError("unsupported", `the model is longer than the ${maxBytes} bytes of memory that are allowed`);
}

function givenBytes(source: Uint8Array | ArrayBuffer): Uint8Array {
  try {
    // Of a buffer that was transferred this throws.
    return arrayKind(source) ? bytesOf(source as Uint8Array) : new Uint8Array(source as ArrayBuffer);
  } catch (cause) {
    throw new BsnnError("bad-input", `the model's bytes cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function responseBytes(response: Response, limits: ReadLimits): Promise<Uint8Array> {
  const url = reading("the model's response", () => response.url);
  const from = typeof url !== "string" || url === "" ? "a response" : url;
  const fault = (reason: string, cause?: unknown) =>
    new BsnnError("bad-input", `cannot fetch the model from ${from}: ${reason}`, { cause });
  try {
    return await bodyBytes(response, limits, fault);
  } catch (error) {
    limits.signal?.throwIfAborted();
    throw error instanceof BsnnError ? error : fault(reasonOf(error), error);
  }
}

async function bodyBytes(
  response: Response,
  limits: ReadLimits,
  fault: (reason: string) => BsnnError,
): Promise<Uint8Array> {
  if (!response.ok) throw fault(`status ${response.status}`);
  if (response.bodyUsed || response.body?.locked) throw fault("its body has been read already");
  const { body } = response;
  if (!body) return new Uint8Array();
  // What states no length says nothing.
  const stated = Number(response.headers.get("content-length")) || 0;
  const reader = body.getReader();
  const abort = () => void reader.cancel(limits.signal?.reason).catch(() => {});
  limits.signal?.addEventListener("abort", abort);
  try {
    limits.signal?.throwIfAborted();
    requireLength(stated, limits);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      limits.signal?.throwIfAborted();
      if (done) break;
      if (arrayKind(value) !== "Uint8Array") throw fault("its body is not made of bytes");
      length += value.length;
      requireLength(length, limits);
      chunks.push(value);
    }
    return joined(chunks, length);
  } catch (error) {
    abort();
    throw error;
  } finally {
    limits.signal?.removeEventListener("abort", abort);
  }
}

/** Chunks in one piece. */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
