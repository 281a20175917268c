/** Runs inputs by several threads together. Plain JavaScript, so that every host runs this very file. */

/**
 * @param {typeof import("bsnn").load} load
 * @param {string | URL} model
 * @param {Uint8Array} samples `count` inputs, one after the other
 * @param {number} count
 * @returns {Promise<number[][]>} the output potentials of all inputs in order, by 2, 3 and 5 threads
 */
export async function answerByThreads(load, model, samples, count) {
  const size = samples.length / count;
  const answers = [];
  for (const threads of [2, 3, 5]) {
    const network = await load(model, { threads });
    if (network.threads !== threads) throw new Error(`${network.threads} threads, not ${threads}`);
    const answer = [];
    for (let i = 0; i < count; i++) {
      const input = samples.subarray(i * size, (i + 1) * size);
      // Memory grows here, while others share it.
      if (i === 1) network.run(input, { mode: "step" });
      if (i === 2) network.potentials(1);
      for (const { potentials } of network.run(input).outputs) answer.push(...potentials);
    }
    network.dispose();
    answers.push(answer);
  }
  return answers;
}
