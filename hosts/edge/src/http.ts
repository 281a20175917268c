/** What every answer and refusal of the service has in common. */

/** A request that is refused, with the status that says why. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}

/** A stream as it is iterated, which not every library of types knows. */
interface Iterated {
  values(options: { readonly preventCancel: boolean }): AsyncIterable<Uint8Array>;
}

/** Most bytes of a refused request that are read away, so that its connection can go on. */
const MAX_DRAINED = 2 ** 24;

/**
 * Reads a body that may be at most `limit` bytes long, and no further than that; the rest is left for `drain`.
 * @throws Refusal 413 where it is longer, whatever its length was said to be; 400 where it breaks off
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const refuse = (): Refusal => new Refusal(413, `the body is longer than ${limit} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw refuse();
  if (request.body === null) return new Uint8Array();
  const stream = request.body as unknown as Iterated;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream.values({ preventCancel: true })) {
      length += chunk.length;
      if (length > limit) throw refuse();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // A client that goes away is no failure of the service.
    throw new Refusal(400, "the body breaks off");
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** Reads away what is left of a body, so that the client's next request finds the connection as it should be; gives up on too much. */
export async function drain({ body }: Request): Promise<void> {
  if (body === null || body.locked) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (let length = 0; length <= MAX_DRAINED; ) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.length;
    }
    await reader.cancel();
  } catch {
    // The client has gone, or the body has been read.
  } finally {
    reader.releaseLock();
  }
}
