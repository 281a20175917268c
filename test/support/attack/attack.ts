/**
 * Hands everything hostile to every function that a module exports, and to every method of what those give, on any host. It finds
 * functions, methods and the names of options by itself: what is newly exported is attacked as well.
 */

import { HOSTILE, OWN_FAILURE } from "./hostile.ts";

/** Sound arguments of functions and methods, by their names; of those that are not here none are known. */
export type Sound = Readonly<Record<string, readonly unknown[]>>;

/** A failure that a caller may meet: the project's own, with what it says. */
interface Own extends Error {
  readonly code?: unknown;
  readonly fault?: unknown;
}

const OWN = new Set(["BsnnError", "ImageError", "ConversionError"]);

function isOwn(error: unknown): error is Own {
  const { name, message, code, fault } = Object(error) as Own;
  return error instanceof Error && OWN.has(name) && message !== "" && typeof (code ?? fault) === "string";
}

type Call = (...given: unknown[]) => unknown;

/** Longest that anything may take, ms. */
const PATIENCE = 20_000;

/** Functions of an object, those of its classes too, by name; what lets go of it comes last. */
function functionsOf(object: object): [name: string, Call][] {
  const found = new Map<string, Call>();
  for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value !== "function" || name === "constructor" || found.has(name)) continue;
      if (value.prototype instanceof Error) continue;
      found.set(name, value.bind(object));
    }
  }
  const last = ([name]: readonly [string, unknown]) => Number(name === "dispose");
  return [...found].sort((a, b) => last(a) - last(b));
}

/** Goes as far as a caller would: awaits, takes the first steps, uses what was given, and lets go of what has to be let go of. */
async function used(call: () => unknown, sound: Sound): Promise<void> {
  const found = Object(await call()) as { next?: Call; dispose?: Call };
  try {
    if (typeof found.next === "function") for (let i = 0; i < 3; i++) found.next();
    for (const [name, method] of functionsOf(found)) if (Object.hasOwn(sound, name)) await method(...sound[name]);
  } finally {
    await letGo(found);
  }
}

/** Ends what would keep a process alive. */
async function letGo(found: unknown): Promise<void> {
  const { dispose } = Object(found) as { dispose?: Call };
  if (typeof dispose === "function") await dispose.call(found);
}

/** What something came to: null, or why that is none of the answers that a caller can expect. */
async function faultOf(call: () => unknown, sound: Sound, mayThrow: boolean): Promise<string | null> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const never = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("does not end")), PATIENCE);
  });
  try {
    await Promise.race([used(call, sound), never]);
    return null;
  } catch (error) {
    if (isOwn(error) || (mayThrow && error === OWN_FAILURE)) return null;
    if (!(error instanceof Error)) return `throws ${typeof error}`;
    return `${error.stack ?? error}`.split("\n").slice(0, 5).join(" ");
  } finally {
    clearTimeout(late);
  }
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Names that a function reads of an argument. */
async function namesRead(call: Call, sound: readonly unknown[], at: number): Promise<Set<string>> {
  const names = new Set<string>();
  const sample = sound[at];
  const target = isPlain(sample) ? sample : {};
  const watched = new Proxy(target, {
    get(of, name) {
      if (typeof name === "string" && !(name in Object.prototype) && name !== "then") names.add(name);
      return Reflect.get(of, name);
    },
  });
  await faultOf(() => call(...sound.with(at, watched)), {}, true);
  return names;
}

/** Every argument taken by every hostile value, and everything that is read of it. */
async function* attempts(call: Call, sound: readonly unknown[], hostile: readonly [string, () => unknown][]) {
  for (let at = 0; at < Math.max(sound.length, 1); at++) {
    const all = sound.length > 0 ? sound : [undefined];
    const place = (value: unknown) => all.with(at, value);
    for (const [kind, make] of hostile) yield { what: `argument ${at}: ${kind}`, args: place(make()) };
    const sample = all[at];
    const own = isPlain(sample) ? sample : {};
    for (const name of await namesRead(call, all, at)) {
      for (const [kind, make] of hostile) {
        yield { what: `${name} of argument ${at}: ${kind}`, args: place({ ...own, [name]: make() }) };
      }
    }
  }
}

/** What a call gives for sound arguments; null where this host has none of it, and says so. */
async function given(call: Call, sound: readonly unknown[]): Promise<unknown> {
  try {
    return await call(...sound);
  } catch (error) {
    if (isOwn(error) && error.code === "unsupported") return null;
    throw error;
  }
}

/** How a call answers sound arguments; nothing can be said of what gives objects of its own. */
async function answerOf(call: Call, sound: readonly unknown[]): Promise<string | null> {
  const answer = await given(call, sound);
  if (
    typeof answer === "object" &&
    answer !== null &&
    functionsOf(answer).some(([name]) => !(name in Array.prototype))
  ) {
    await letGo(answer);
    return null;
  }
  const plain = (name: string, value: unknown) => {
    if (name === "milliseconds") return 0;
    return ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value;
  };
  return JSON.stringify(answer, plain);
}

export interface Attack {
  readonly faults: readonly string[];
  /** What was attacked, and how often. */
  readonly attacked: Readonly<Record<string, number>>;
}

/**
 * Attacks whatever an object has, and whatever its functions give when they are called soundly.
 * @param name of the object, for what is told
 * @param extra hostile values that this host alone has
 */
export async function attack(
  name: string,
  object: object,
  sound: Sound,
  extra: Readonly<Record<string, () => unknown>> = {},
): Promise<Attack> {
  const faults: string[] = [];
  const attacked: Record<string, number> = {};
  // What a host does not have, it cannot be attacked with.
  const hostile = Object.entries({ ...HOSTILE, ...extra }).filter(([, make]) => {
    try {
      make();
      return true;
    } catch {
      return false;
    }
  });

  async function attackFunction(path: string, call: Call, own: readonly unknown[]): Promise<void> {
    attacked[path] = 0;
    const isKnown = own.length > 0;
    const expected = isKnown ? await answerOf(call, own) : null;
    for await (const { what, args } of attempts(call, own, hostile)) {
      attacked[path]++;
      const mayThrow = /signal|function|then/.test(what);
      const fault = await faultOf(() => call(...args), sound, mayThrow);
      if (fault !== null) faults.push(`${path}, ${what}: ${fault}`);
      if (expected === null || (await answerOf(call, own)) === expected) continue;
      faults.push(`${path}, ${what}: answers otherwise afterwards`);
    }
    if (!isKnown) return;
    const found = Object(await given(call, own));
    await attackObject(`${path}()`, typeof found.next === "function" ? found.next().value : found);
    await letGo(found);
  }

  async function attackObject(path: string, found: object): Promise<void> {
    if (ArrayBuffer.isView(found) || found instanceof Map || Array.isArray(found) || typeof found !== "object") return;
    for (const [method, call] of functionsOf(found)) {
      await attackFunction(`${path}.${method}`, call, sound[method] ?? []);
    }
  }

  await attackObject(name, object);
  return { faults, attacked };
}
