/** Keeps forms short: a value that is used again and again is a multiple of itself, and no sum of all its uses. */

import { Refusal } from "../refusal.ts";
import { type ConvolutionTerm, type Form, type IdentityTerm, isIdentity, type Term } from "./form.ts";

/** Terms up to which a form stays as it was written. */
const FEW_TERMS = 256;

/** Terms that a form may have: each becomes a projection. */
const MOST_TERMS = 2 ** 13;

/**
 * The same form, with terms that read the same made one where there are many.
 * @throws Refusal where there are still too many
 */
export function gathered(form: Form): Form {
  if (form.terms.length <= FEW_TERMS) return form;
  const terms = joined(added(form.terms));
  if (terms.length <= MOST_TERMS) return { ...form, terms };
  throw new Refusal(`makes a sum of ${terms.length} parts; ${MOST_TERMS} are supported`);
}

/** Terms that read the same for the same channels, added up. */
function added(terms: readonly Term[]): Term[] {
  const found = new Map<string, Term>();
  for (const term of terms) {
    const key = readingOf(term);
    const same = found.get(key);
    found.set(key, same ? sumOf(same, term) : term);
  }
  return [...found.values()];
}

function sumOf(a: Term, b: Term): Term {
  if (isIdentity(a)) return { ...a, gain: a.gain.map((g, k) => g + (b as IdentityTerm).gain[k]) };
  return { ...a, weight: a.weight.map((w, k) => w + (b as ConvolutionTerm).weight[k]) };
}

/** Identities that read alike for neighbouring channels, side by side. */
function joined(terms: readonly Term[]): Term[] {
  const groups = new Map<string | Term, Term[]>();
  for (const term of terms) {
    const key = isIdentity(term) ? sourceOf(term) : term;
    const group = groups.get(key);
    if (group) group.push(term);
    else groups.set(key, [term]);
  }
  return [...groups.values()].flatMap((group) => (group.length > 1 ? runsOf(group as IdentityTerm[]) : group));
}

function runsOf(terms: readonly IdentityTerm[]): IdentityTerm[] {
  const runs: IdentityTerm[][] = [];
  let end = -1;
  for (const term of terms.toSorted((a, b) => a.first - b.first)) {
    if (term.first === end) runs.at(-1)!.push(term);
    else runs.push([term]);
    end = term.first + term.count;
  }
  return runs.map((run) => ({
    ...run[0],
    count: run.reduce((count, term) => count + term.count, 0),
    channels: Int32Array.from(run.flatMap(({ channels }) => [...channels])),
    gain: Float64Array.from(run.flatMap(({ gain }) => [...gain])),
  }));
}

/** All that a term says but its numbers. */
const readingOf = remembered((term: Term) => {
  const { gain: _, weight: __, channels, ...reading } = term as IdentityTerm & { readonly weight?: unknown };
  return JSON.stringify([reading, channels && [...channels]]);
});

/** What an identity reads of its source, whatever its channels. */
const sourceOf = remembered((term: IdentityTerm) => {
  const { first: _, count: __, channels: ___, gain: ____, ...reading } = term;
  return JSON.stringify(reading);
});

/** A text of a term that is put together once: a sum that grows keeps most of its terms. */
function remembered<T extends Term>(tell: (term: T) => string): (term: T) => string {
  const known = new WeakMap<T, string>();
  return (term) => {
    let text = known.get(term);
    if (text === undefined) {
      text = tell(term);
      known.set(term, text);
    }
    return text;
  };
}
