/**
 * The part of a measurement that is the same on every JavaScript host: runs a network over all inputs and keeps what they are
 * compared by. Plain JavaScript, so that every host runs this very file.
 */

/**
 * @param {import("bsnn").Network} network
 * @param {Uint8Array} samples `count` inputs, one after the other
 * @param {number} count
 * @param {import("bsnn").Mode} mode
 * @param {() => void} onFirst called when the first answer is there
 * @returns {Promise<{ digest: string, msPerImage: number }>} SHA-256 over all output potentials; median time of all but the first
 */
export async function answerAll(network, samples, count, mode, onFirst) {
  const size = samples.length / count;
  const times = [];
  const potentials = [];
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    const { outputs } = network.run(samples.subarray(i * size, (i + 1) * size), { mode });
    times.push(performance.now() - begin);
    for (const output of outputs) potentials.push(...output.potentials);
    if (i === 0) onFirst();
  }
  const bytes = new DataView(new ArrayBuffer(4 * potentials.length));
  potentials.forEach((potential, i) => {
    bytes.setInt32(4 * i, potential, true);
  });
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const digest = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const sorted = times.slice(1).sort((a, b) => a - b);
  return { digest, msPerImage: sorted[Math.floor(sorted.length / 2)] ?? times[0] };
}
