/** A part of a population, as one thread computes it, is the same whatever others do meanwhile, and nothing else is written. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { suite } from "uvu";
import { Core } from "../../../bindings/network/core.ts";
import { load } from "../../../bindings/node.ts";
import type { CoreBuild, PopulationInfo } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { PopulationField } from "../../../layout/layout.ts";
import { availableBuilds } from "../../support/core/builds.ts";
import { threadsModule } from "../../support/core/crews.ts";
import { type Case, cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";
import { random } from "../../support/random.ts";

/** Where what is opened lies before and behind the signals, in bytes (assembly/engine/crew.ts). */
const CALL = -256;
const DONE = -192;
const ENDING = 4;
const JOB = 64;
const BLOCK = 8;

interface ThreadExports {
  initialise(): void;
  readonly threads: WebAssembly.Global;
  signals(): number;
  joinAs(thread: number): void;
  serve(): void;
}

/** A leader that has loaded a network, and a helper that computes what it is given and ends. */
function crewOf(build: CoreBuild, file: Uint8Array) {
  const module = threadsModule(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 ** 10, shared: true });
  const core = Core.instantiate(module, memory);
  const leader = core.exports as unknown as ThreadExports;
  leader.initialise();
  leader.threads.value = 2;
  core.load(file);
  const helper = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ThreadExports;
  helper.joinAs(1);
  const signals = leader.signals() >>> 0;

  /** Has the helper compute one part of a population, from what is left of its potentials or not. */
  function compute(population: number, rests: boolean, parts: number, part: number, ofChannels: boolean): void {
    const view = new DataView(memory.buffer, signals + CALL);
    view.setUint32(JOB - CALL, population, true);
    view.setUint8(JOB - CALL + 4, Number(!rests));
    view.setUint8(JOB - CALL + 5, Number(rests));
    view.setUint32(JOB - CALL + 8, parts, true);
    view.setUint8(JOB - CALL + 12, Number(ofChannels));
    view.setUint32(DONE - CALL, 0, true);
    view.setInt32(ENDING - CALL, 1, true);
    view.setUint32(0, 2 ** part, true);
    helper.serve();
    assert.equal(view.getUint32(DONE - CALL, true), 1);
  }

  return { core, compute };
}

/** What a population has of its own in the core's memory, as bytes. */
interface Maps {
  readonly levels: Uint8Array | null;
  readonly potentials: Uint8Array | null;
}

function mapsOf(core: Core, { index, kind, height, width, channels }: PopulationInfo): Maps {
  const neurons = height * width * channels;
  const bytesAt = (field: PopulationField, size: number) => {
    const at = core.populationField(index, field);
    return at ? core.bytes(at, neurons * size) : null;
  };
  // What repeats another's levels has none of its own.
  const fires = kind === "input" || kind === "bistable";
  return {
    levels: fires ? bytesAt(PopulationField.levels, 1) : null,
    potentials: bytesAt(PopulationField.potentials, 4),
  };
}

const copyOf = ({ levels, potentials }: Maps): Maps => ({
  levels: levels?.slice() ?? null,
  potentials: potentials?.slice() ?? null,
});

/** Writes the bytes of those neurons that a part has, or of the others. */
function fill(to: Maps, isMeant: (neuron: number) => boolean, value: (name: keyof Maps, byte: number) => number): void {
  for (const [name, size] of [["levels", 1] as const, ["potentials", 4] as const]) {
    const bytes = to[name];
    for (let b = 0; bytes && b < bytes.length; b++) if (isMeant(Math.floor(b / size))) bytes[b] = value(name, b);
  }
}

/** Which neurons each of so many parts has, of rows or of channels (assembly/engine/shares.ts). */
function cut({ height, width, channels }: PopulationInfo, most: number, ofChannels: boolean) {
  const blocks = ofChannels ? Math.ceil(channels / BLOCK) : height;
  const parts = Math.min(most, blocks);
  const beginOf = (part: number) => Math.floor((blocks * part) / parts) * (ofChannels ? BLOCK : 1);
  return Array.from({ length: parts }, (_, part) => (neuron: number) => {
    const place = ofChannels ? neuron % channels : Math.floor(neuron / (width * channels));
    return place >= beginOf(part) && place < beginOf(part + 1);
  });
}

const test = suite("parts of a population");

for (const build of await availableBuilds()) {
  test(`${build}: a part depends on no other, and writes nothing else`, async () => {
    const tried = { rows: 0, channels: 0 };
    const check = async ({ network, samples }: Case, most: number, keeps: boolean, rests: boolean, seed: number) => {
      const uniform = random(seed);
      const file = writeModel(network);
      const one = await load(file, { build });
      one.run(samples);
      const { core, compute } = crewOf(build, file);
      if (keeps || rests) core.require(core.exports.keepPotentials());
      core.bytes(core.exports.samples.value, samples.length).set(samples);
      core.require(core.exports.runPeriods(1, 0));
      const maps = one.populations.map((population) => mapsOf(core, population));
      for (const population of one.populations) {
        const { index, kind } = population;
        if (kind !== "bistable" && kind !== "output") continue;
        const carries = rests && kind === "bistable";
        const before = copyOf(maps[index]);
        compute(index, carries, 1, 0, false);
        const whole = copyOf(maps[index]);
        if (whole.levels && !carries) assert.deepEqual(whole.levels, one.levels(index));
        for (const ofChannels of [false, true]) {
          const parts = cut(population, most, ofChannels);
          if (parts.length < 2) continue;
          tried[ofChannels ? "channels" : "rows"]++;
          for (const [part, isOwn] of parts.entries()) {
            // Others may have written anything by now; what a part goes on from is its own.
            fill(
              maps[index],
              () => true,
              () => uniform() * 256,
            );
            if (before.potentials) fill({ ...maps[index], levels: null }, isOwn, (name, b) => before[name]![b]);
            const right = maps.map(copyOf);
            fill(right[index], isOwn, (name, b) => whole[name]![b]);
            compute(index, carries, parts.length, part, ofChannels);
            assert.deepEqual(maps, right, `part ${part} of ${parts.length} of population ${index}`);
          }
        }
        fill(
          maps[index],
          () => true,
          (name, b) => whole[name]![b],
        );
      }
      // Nor has anything been changed that later runs need.
      core.require(core.exports.runPeriods(1, 0));
      for (const [i, { levels }] of maps.entries()) if (levels) assert.deepEqual(levels, one.levels(i));
      one.dispose();
    };
    const property = fc.asyncProperty(
      cases,
      fc.constantFrom(2, 3, 5, 7),
      fc.boolean(),
      fc.boolean(),
      fc.integer(),
      check,
    );
    await fc.assert(property, runs(60));
    assert.ok(tried.rows > 0 && tried.channels > 0, JSON.stringify(tried));
  });
}

test.run();
