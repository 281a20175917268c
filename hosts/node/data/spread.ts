/** Some of many. */

/** As many as `most` of what is given, evenly spread over it, in order. */
export function spread<T>(given: readonly T[], most: number): T[] {
  const some = Math.min(given.length, most);
  return Array.from({ length: some }, (_, k) => given[Math.floor((k * given.length) / some)]);
}
