/** A recording as arrays for NumPy; docs/command.md says which. */

import { type NpzArray, npz } from "../report/npz.ts";
import type { Course, Lane, Recording } from "./record.ts";

function joined<T extends Int32Array | Int8Array>(parts: readonly T[], empty: (length: number) => T): T {
  const all = empty(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const vector = (data: Extract<NpzArray, { data: unknown }>["data"]): NpzArray => ({ data, shape: [data.length] });

/** Values of one per course and step; NaN where there is none. */
function perStep(
  courses: readonly Course[],
  steps: number,
  values: (course: Course) => readonly (number | null)[],
): NpzArray {
  const data = new Float64Array(courses.length * steps).fill(Number.NaN);
  courses.forEach((course, i) => {
    values(course).forEach((value, t) => {
      if (value !== null && t < steps) data[i * steps + t] = value;
    });
  });
  return { data, shape: [courses.length, steps] };
}

/** Levels of a population as an array H×W×C. */
function levels({ population: { height, width, channels }, levels: data }: Lane): NpzArray {
  return { data, shape: [height, width, channels] };
}

/** The content of an .npz file of all spikes, levels and courses. */
export function recordingArrays({ lanes, steps, phases }: Recording, courses: readonly Course[]): Uint8Array {
  const populations = lanes.map(({ population }) => population);
  const ints = (values: readonly number[]): Int32Array => Int32Array.from(values);
  return npz({
    steps: { data: ints([steps]), shape: [] },
    phases: { data: ints([phases]), shape: [] },
    names: { strings: populations.map(({ name }) => name) },
    kinds: { strings: populations.map(({ kind }) => kind) },
    depths: vector(ints(populations.map(({ depth }) => depth))),
    shapes: {
      data: ints(populations.flatMap(({ height, width, channels }) => [height, width, channels])),
      shape: [populations.length, 3],
    },
    firing: {
      data: ints(lanes.flatMap(({ timing: { firing } }) => [firing.from, firing.to])),
      shape: [populations.length, 2],
    },
    accumulating: {
      data: ints(lanes.flatMap(({ timing: { accumulating } }) => [accumulating.from, accumulating.to])),
      shape: [populations.length, 2],
    },
    population: vector(
      joined(
        lanes.map(({ population, times }) => new Int32Array(times.length).fill(population.index)),
        (length) => new Int32Array(length),
      ),
    ),
    time: vector(
      joined(
        lanes.map(({ times }) => times),
        (length) => new Int32Array(length),
      ),
    ),
    neuron: vector(
      joined(
        lanes.map(({ indices }) => indices),
        (length) => new Int32Array(length),
      ),
    ),
    sign: vector(
      joined(
        lanes.map(({ signs }) => signs),
        (length) => new Int8Array(length),
      ),
    ),
    followed: {
      data: ints(courses.flatMap(({ lane, neuron }) => [lane.population.index, neuron])),
      shape: [courses.length, 2],
    },
    potential: perStep(courses, steps + 1, ({ potential }) => potential),
    threshold: perStep(courses, steps, ({ threshold }) => threshold),
    ...Object.fromEntries(
      lanes
        .filter(({ timing: { firing } }) => firing.to > firing.from)
        .map((lane) => [`levels_${lane.population.index}`, levels(lane)]),
    ),
  });
}
