/** Bodies of requests: read into one buffer each, which is let go of at once, as its pieces are, so that nothing is left to be collected. */

/** Longest body, in bytes. */
export const MAX_BODY = 2 ** 22;
/** Bodies up to here are read whatever else is held. */
export const SMALL_BODY = 2 ** 16;
/** Most bytes that longer ones hold together: four of the longest. */
export const MOST_HELD = 4 * MAX_BODY;
/** Most bytes of a refused body that are read away, so that its connection can go on. */
const MAX_DRAINED = 2 ** 24;
/** Bytes that a body is read into at first: a client that only says that more will come makes nobody hold memory for it. */
const PIECE = 2 ** 14;

/** Why a request is refused. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Whoever sends more than may wait or be held is told to come again. */
export const busy = (): Refusal => new Refusal(503, "too many large images at once");

/** Bytes held of long bodies, of all requests. */
let held = 0;

export const heldBytes = (): number => held;

/** ECMAScript 2024's, which not every engine and library of types knows. */
interface Movable {
  transfer?(length: number): ArrayBuffer;
}

/** A buffer's bytes in one of another length; its memory goes on with it at once, and is not left to be collected. */
function moved(buffer: ArrayBuffer, length: number): ArrayBuffer {
  const whole = (buffer as Movable).transfer?.(length);
  if (whole) return whole;
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(buffer).subarray(0, length));
  return bytes.buffer;
}

/** Bytes of a buffer that so many are read into, and more. */
const roomFor = (length: number): number => Math.min(2 * length, length <= SMALL_BODY ? SMALL_BODY : MAX_BODY);

/**
 * Does something with a body, which is gone afterwards; what is too long, or more than may be held, is read away.
 * @throws Refusal 413 or 503 for those; what the stream throws where the body breaks off
 */
export async function withBody<T>(request: Request, use: (body: Uint8Array) => Promise<T>): Promise<T> {
  const tooLong = () => new Refusal(413, `the body is longer than ${MAX_BODY} bytes`);
  let refusal = Number(request.headers.get("content-length")) > MAX_BODY ? tooLong() : null;
  let buffer = new ArrayBuffer(refusal ? 0 : PIECE);
  let length = 0;
  let own = 0;

  /** Makes the buffer larger or smaller, if so much may be held. */
  const resize = (size: number): boolean => {
    const counted = size > SMALL_BODY ? size : 0;
    if (counted > own && held - own + counted > MOST_HELD) return false;
    held += counted - own;
    own = counted;
    buffer = moved(buffer, size);
    return true;
  };

  try {
    for await (const chunk of request.body ?? []) {
      const from = length;
      length += chunk.length;
      if (length > MAX_BODY + MAX_DRAINED) break;
      if (!refusal) {
        if (length > MAX_BODY) refusal = tooLong();
        else if (length > buffer.byteLength && !resize(roomFor(length))) refusal = busy();
        if (refusal) resize(0);
        else new Uint8Array(buffer).set(chunk, from);
      }
      moved(chunk.buffer, 0);
    }
    if (refusal) throw refusal;
    return await use(new Uint8Array(buffer, 0, length));
  } finally {
    resize(0);
  }
}
