/** Values that no argument expects, and some that only look as if they did. Each is made anew, as some can be used only once. */

class Lying extends Uint8Array {
  override get length(): number {
    return 784;
  }
}

/** ECMAScript 2024's, which not every library of types knows. */
const Resizable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };
const Growable = (globalThis as { SharedArrayBuffer?: unknown }).SharedArrayBuffer as new (
  length: number,
  options?: { maxByteLength: number },
) => SharedArrayBuffer & { grow(length: number): void };

/** Bytes of a buffer that has become too short for them. */
function cutOff(): Uint8Array {
  const buffer = new Resizable(784, { maxByteLength: 2000 });
  const bytes = new Uint8Array(buffer, 100, 500);
  buffer.resize(50);
  return bytes;
}

class Refusing extends Uint8Array {
  static get [Symbol.species](): never {
    return throwing();
  }
  override get buffer(): never {
    return throwing();
  }
  override get length(): never {
    return throwing();
  }
  override slice(): never {
    return throwing();
  }
}

/** Is something else whenever it is looked at. */
function changing(target: object): object {
  const seen = [
    3,
    "text",
    Symbol("s"),
    null,
    throwing,
    [1],
    { length: 784 },
    new Uint8Array(784),
    Number.NaN,
    undefined,
  ];
  let looks = 0;
  return new Proxy(target, {
    get(_, name) {
      // A promise that is none would be waited for.
      return name === "then" ? undefined : seen[looks++ % seen.length];
    },
  });
}

/** A list that grows whenever its length is asked for. */
const growing = (): object => {
  let length = 0;
  return {
    get length() {
      length += 784;
      return length;
    },
    0: 1,
  };
};

/** What makes promises of objects. */
const THEN = "then";
const thenable = (then: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void): object =>
  Object.fromEntries([[THEN, then]]);

const signalOf = (own: object): object => ({
  aborted: false,
  reason: OWN_FAILURE,
  throwIfAborted() {},
  addEventListener() {},
  removeEventListener() {},
  ...own,
});

function detached(): Uint8Array {
  const array = new Uint8Array(784);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** What the caller's own code throws. */
export const OWN_FAILURE = new RangeError("a failure of the caller's own");

function throwing(): never {
  throw OWN_FAILURE;
}

/** Throws whatever is asked of it. */
const refusing = (target: object): object =>
  new Proxy(target, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing, apply: throwing });

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function usedResponse(): Response {
  const response = new Response(new Uint8Array(8));
  void response.arrayBuffer();
  return response;
}

function brokenResponse(): Response {
  let pulled = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (pulled++ > 0) controller.error(new TypeError("the line is down"));
        else controller.enqueue(new Uint8Array(8));
      },
    }),
  );
}

const textResponse = (): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue("no bytes");
        controller.close();
      },
    }),
  );

/** Makers of hostile values, by what they are. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus zero": () => -0,
  "minus one": () => -1,
  half: () => 0.5,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "minus Infinity": () => Number.NEGATIVE_INFINITY,
  "2^31": () => 2 ** 31,
  "2^32 + 1": () => 2 ** 32 + 1,
  "2^53": () => 2 ** 53,
  "1e300": () => 1e300,
  bigint: () => 3n,
  "empty string": () => "",
  "string of a number": () => "3",
  "string with NUL": () => "models\0/digits",
  "long string": () => "x".repeat(100_000),
  "lone surrogate": () => "\ud800",
  prototype: () => "__proto__",
  folder: () => "/",
  "missing file": () => "file:///no/such/model",
  "file address with NUL": () => "file:///models%00/digits",
  "no address": () => "http://",
  "unknown scheme": () => "nothing:at-all",
  "closed port": () => new URL("http://127.0.0.1:9/model"),
  symbol: () => Symbol("s"),
  function: () => () => {},
  "failing function": () => throwing,
  list: () => [],
  numbers: () => [1, 2, 3],
  holes: () => new Array(5),
  "list of null": () => [null],
  "list of symbols": () => [Symbol("s")],
  "long list": () => new Array(2 ** 32 - 1),
  object: () => ({}),
  "object without prototype": () => Object.create(null),
  "array-like": () => ({ length: 784 }),
  "endless array-like": () => ({ length: 2 ** 53 }),
  "text that throws": () => ({ toString: throwing, valueOf: throwing, [Symbol.toPrimitive]: throwing }),
  "tag that throws": () => Object.defineProperty({}, Symbol.toStringTag, { get: throwing }),
  "feigned Response": () => ({ [Symbol.toStringTag]: "Response", ok: true }),
  "feigned Uint8Array": () => ({ [Symbol.toStringTag]: "Uint8Array", length: 784 }),
  "feigned ArrayBuffer": () => ({ [Symbol.toStringTag]: "ArrayBuffer", byteLength: 784 }),
  "feigned URL": () => ({ [Symbol.toStringTag]: "URL", href: Symbol("s") }),
  "feigned module": () => ({ [Symbol.toStringTag]: "WebAssembly.Module" }),
  "refusing object": () => refusing({}),
  "refusing list": () => refusing([]),
  "refusing function": () => refusing(throwing),
  "proxy of bytes": () => new Proxy(new Uint8Array(784), {}),
  "revoked proxy": revoked,
  "empty bytes": () => new Uint8Array(),
  "few bytes": () => new Uint8Array(3),
  "detached bytes": detached,
  "detached buffer": () => detached().buffer,
  "lying bytes": () => new Lying(3),
  "shared bytes": () => new Uint8Array(new SharedArrayBuffer(784)),
  "shared buffer": () => new SharedArrayBuffer(784),
  words: () => new Int32Array(784),
  floats: () => new Float64Array(784).fill(Number.NaN),
  "big words": () => new BigInt64Array(784),
  "data view": () => new DataView(new ArrayBuffer(784)),
  "resizable bytes": () => new Uint8Array(new Resizable(784, { maxByteLength: 2000 })),
  "resizable buffer": () => new Resizable(784, { maxByteLength: 2000 }),
  "bytes that were cut off": cutOff,
  "growable shared bytes": () => new Uint8Array(new Growable(784, { maxByteLength: 2000 })),
  "bytes that refuse": () => new Refusing(784),
  "bytes of a class of their own": () => new (class Own extends Uint8ClampedArray {})(784),
  "changing object": () => changing({}),
  "changing list": () => changing([]),
  "changing function": () => changing(throwing),
  "growing list": growing,
  "frozen object": () => Object.freeze({}),
  "object with a name that nothing has": () => ({ "max memory": 1 }),
  "thenable that throws": () => thenable(throwing),
  "thenable that rejects": () => thenable((_, reject) => reject(Symbol("s"))),
  "thenable of bytes": () => thenable((resolve) => resolve(new Uint8Array(784))),
  "property then that throws": () => Object.defineProperty({}, THEN, { get: throwing }),
  "expression that matches": () => /./,
  "weak map": () => new WeakMap(),
  "empty module": () => new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)),
  memory: () => new WebAssembly.Memory({ initial: 0 }),
  "stream that fails": () => brokenResponse().body,
  "ended signal": () => AbortSignal.abort(OWN_FAILURE),
  "feigned signal": () => signalOf({}),
  "feigned signal that has ended": () => signalOf({ throwIfAborted: throwing }),
  "feigned signal that cannot be heard": () => signalOf({ addEventListener: throwing }),
  "feigned signal that cannot be left": () => signalOf({ removeEventListener: throwing }),
  date: () => new Date(Number.NaN),
  map: () => new Map([["mode", "step"]]),
  promise: () => Promise.resolve(new Uint8Array(784)),
  error: () => new Error("an error is no argument"),
  "used response": usedResponse,
  "locked response": () => {
    const response = new Response(new Uint8Array(8));
    response.body?.getReader();
    return response;
  },
  "broken response": brokenResponse,
  "response of text": textResponse,
  "response that failed": () => Response.error(),
  "response without a body": () => new Response(null),
  "response of a length that is none": () => new Response(new Uint8Array(8), { headers: { "content-length": "many" } }),
  "response that states too much": () =>
    new Response(new Uint8Array(8), { headers: { "content-length": "9".repeat(20) } }),
};
