/** Runs inputs in a pool of two workers. Plain JavaScript, so that every host runs this very file. */

/**
 * @param {typeof import("bsnn").loadPool} loadPool
 * @param {string | URL} model
 * @param {Uint8Array} samples `count` inputs, one after the other
 * @param {number} count
 * @returns {Promise<number[]>} the output potentials of all inputs in order
 */
export async function answerPooled(loadPool, model, samples, count) {
  const pool = await loadPool(model, { workers: 2 });
  const size = samples.length / count;
  const inputs = Array.from({ length: count }, (_, i) => samples.subarray(i * size, (i + 1) * size));
  const results = await Promise.all(inputs.map((input) => pool.run(input)));
  await pool.dispose();
  return results.flatMap(({ outputs }) => outputs.flatMap(({ potentials }) => [...potentials]));
}
