/** What research computes, the same on every host: early firing, comparison neurons, and the counts of both. */

const HEX = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @returns SHA-256 over outputs, spikes and counts of one input */
export async function digestOf(load, model, samples) {
  const network = await load(model);
  const parts = [];
  const add = (...numbers) => parts.push(Int32Array.from(numbers));
  for (const delay of [2, "exact", network.phases]) {
    for (const { potentials } of network.run(samples, { delay }).outputs) parts.push(potentials);
    add(network.activity().spikes, network.activity().synapticOperations);
    if (delay !== network.phases)
      for (const { unsettled, negativeSpikes } of network.settling()) add(unsettled, negativeSpikes);
  }
  for (const neuron of ["phase", "alternating", "integrate-and-fire"]) {
    for (const step of network.continuous(samples, { neuron, steps: 60 })) {
      if (step.t % 10 === 9) for (const { potentials } of step.outputs()) parts.push(potentials);
      if (step.t === 59) parts.push(Int32Array.from(step.spikes(2)));
    }
    for (const { spikingInactivated, spikes } of network.inactivity()) add(spikingInactivated, spikes);
  }
  network.dispose();
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return HEX(await crypto.subtle.digest("SHA-256", bytes));
}
