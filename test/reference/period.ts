/**
 * The same network period by period, in closed form: q = clamp((v₀ + b + W·q′) >> s, 0, 2^K − 1). Shares only the wiring
 * with `simulator.ts`, and checks that the K steps of a period collapse as docs/algorithm.md claims.
 */

import type { Model } from "./reader.ts";
import {
  carried,
  deepestHidden,
  inputLevel,
  int32,
  type Presentation,
  presentedAt,
  type Run,
  saturated,
} from "./simulator.ts";
import { wire } from "./wiring.ts";

/** Number of spikes that carry a level. */
const ones = (level: number): number => level.toString(2).replaceAll("0", "").length;

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** Evaluates a run. Parameters and result as for `simulate`. */
export function evaluate(
  model: Model,
  samples: ArrayLike<number>,
  { presentations = 1, carry = false, registers = 1 }: Presentation = {},
): Run {
  const K = model.phases;
  const graded = model.coding === "current";
  const wirings = model.projections.map((projection) => wire(model, projection));
  const empty = () => model.populations.map((): number[] => []);
  const result: Run = {
    levels: empty(),
    potentials: empty(),
    residuals: empty(),
    spikes: model.populations.map(() => 0),
    synapticOperations: 0,
    inputOperations: 0,
    steps: (deepestHidden(model) + 1 + (3 - registers) * (presentations - 1)) * K - presentedAt(model),
  };

  for (let presentation = 0; presentation < presentations; presentation++) {
    // What every population sends in its firing period: levels, or samples where the input is graded current.
    const sent = empty();
    model.populations.forEach((population, i) => {
      const { kind, height, width, channels, bias, initial, shift } = population;
      if (kind === "input") {
        sent[i] = Array.from(samples, (sample) => (graded ? sample : inputLevel(model, sample)));
        if (graded) return;
      } else {
        const total = new Array<number>(height * width * channels).fill(0);
        for (const { projection, windows, synapses } of wirings.filter((w) => w.projection.target === i)) {
          const source = model.populations[projection.source];
          const levels = sent[projection.source];
          const isGraded = graded && source.kind === "input";
          const sums = projection.pool?.kind === "sum";
          const pooled = windows.map((window) => {
            const values = window.map((n) => levels[n]);
            return sums ? sum(values) : Math.max(0, ...values);
          });
          const spikes = windows.map((window, position) =>
            sums ? sum(window.map((n) => ones(levels[n]))) : ones(pooled[position]),
          );
          for (const { target, from, channel, weight } of synapses) {
            const zero = model.zeroPoint[channel];
            total[target] += weight * (from >= 0 ? pooled[from] : isGraded ? zero : inputLevel(model, zero));
            if (from >= 0 && isGraded) result.inputOperations += pooled[from] > 0 ? 1 : 0;
            else if (from >= 0) result.synapticOperations += spikes[from];
          }
        }
        const residuals = result.residuals[i];
        const v = total.map((input, n) => {
          const c = n % channels;
          const own = int32(bias[n] + input);
          if (kind === "output") return saturated((result.potentials[i][n] ?? 0) + own);
          return int32(own + (carry && presentation > 0 ? carried(residuals[n], shift[c]) : initial[c]));
        });
        result.potentials[i] = v;
        if (kind === "output") return;
        const threshold = (n: number) => 2 ** shift[n % channels];
        sent[i] = v.map((value, n) => Math.min(Math.max(Math.floor(value / threshold(n)), 0), 2 ** K - 1));
        result.residuals[i] = v.map((value, n) => value - sent[i][n] * threshold(n));
      }
      result.levels[i] = sent[i];
      result.spikes[i] += sum(sent[i].map(ones));
    });
  }
  return result;
}
