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

/** Most bytes of a refused request that are read away, so that its connection can go on. */
const MAX_DRAINED = 2 ** 24;
/** Bytes that a body is read into at first: a client that only says that more will come makes nobody hold memory for it. */
const PIECE = 2 ** 14;

/** ECMAScript 2024's, which not every engine and library of types knows. */
interface Movable {
  transfer?(length: number): ArrayBuffer;
}

/** A buffer's bytes in one of another length; its memory goes on with it at once, and is not left to be collected. */
export function moved(buffer: ArrayBufferLike, length: number): ArrayBuffer {
  const whole = (buffer as Movable).transfer?.(length);
  if (whole) return whole;
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(buffer).subarray(0, length));
  return bytes.buffer;
}

/** What a read into a buffer gives: the bytes that have come, in the buffer, which has moved. */
interface Read {
  readonly done: boolean;
  readonly value?: Uint8Array<ArrayBuffer>;
}

/**
 * Reads on into a buffer until it is full or the body ends. Bodies are read into one buffer each rather than piece by piece, so that little
 * is left behind to be collected.
 * @returns the bytes that are in it now
 */
async function fill(
  reader: ReadableStreamBYOBReader,
  into: ArrayBuffer,
  from: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let buffer = into;
  const size = buffer.byteLength;
  for (let at = from; at < size; ) {
    const { done, value } = (await reader.read(new Uint8Array(buffer, at, size - at))) as Read;
    if (value) buffer = value.buffer;
    at += value?.length ?? 0;
    if (done) return new Uint8Array(buffer, 0, at);
  }
  return new Uint8Array(buffer);
}

/**
 * Reads a body that may be at most `limit` bytes long, and no further than that; the rest is left for `drain`.
 * @throws Refusal 413 where it is longer, whatever its length was said to be; 400 where it breaks off
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const refuse = (): Refusal => new Refusal(413, `the body is longer than ${limit} bytes`);
  const stated = Number(request.headers.get("content-length") ?? Number.NaN);
  if (stated > limit) throw refuse();
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader({ mode: "byob" });
  try {
    // A byte more than is to come, so that its end is met.
    let size = Math.min(stated >= 0 ? stated : PIECE, PIECE, limit) + 1;
    let bytes = await fill(reader, new ArrayBuffer(size), 0);
    while (bytes.length === size) {
      if (size > limit) throw refuse();
      const read = size;
      size = Math.min(2 * size, (stated >= size ? stated : limit) + 1);
      bytes = await fill(reader, moved(bytes.buffer, size), read);
    }
    return bytes;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // A client that goes away is no failure of the service.
    throw new Refusal(400, "the body breaks off");
  } finally {
    reader.releaseLock();
  }
}

/** Reads away what is left of a body, so that the client's next request finds the connection as it should be; gives up on too much. */
export async function drain({ body }: Request): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader({ mode: "byob" });
  try {
    let buffer = new ArrayBuffer(PIECE);
    for (let length = 0; length <= MAX_DRAINED; ) {
      const { done, value } = (await reader.read(new Uint8Array(buffer))) as Read;
      if (done || !value) return;
      length += value.length;
      buffer = value.buffer;
    }
    await reader.cancel();
  } catch {
    // The client has gone, or the body has been read.
  } finally {
    reader.releaseLock();
  }
}
