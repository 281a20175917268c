/** How each method runs on a network: with which settings, and when its answers are read. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import {
  alternatingMarks,
  METHODS,
  type Method,
  type MethodName,
  marksUpTo,
  presentationMarks,
  type Run,
} from "./methods.ts";
import type { Networks } from "./networks.ts";
import type { Setting } from "./settings.ts";

/** Steps between readings of rate coding, where they are densest. */
const RATE_PERIOD = 8;

export interface PlanOptions {
  /** Time steps of runs that go on. */
  readonly steps: number;
  /** Phases that networks are converted with, beside those of the model file. */
  readonly phases: readonly number[];
}

/** Says how each method runs; what must be set is set. */
export class Plan {
  readonly #network: LabNetwork;
  readonly #networks: Networks;
  readonly #options: PlanOptions;
  readonly #settingOf: (name: MethodName) => Promise<Setting>;

  /** @param settingOf chooses the setting of integrate-and-fire neurons */
  constructor(
    network: LabNetwork,
    networks: Networks,
    options: PlanOptions,
    settingOf: (name: MethodName) => Promise<Setting>,
  ) {
    this.#network = network;
    this.#networks = networks;
    this.#options = options;
    this.#settingOf = settingOf;
  }

  async method(name: MethodName): Promise<Method> {
    return { name, title: METHODS[name], others: [], ...(await this.#runs(name)) };
  }

  async #runs(name: MethodName): Promise<{ setting: string; runs: Run[]; others?: Run[] }> {
    const network = this.#network;
    const { phases } = network;
    const { steps } = this.#options;
    const going = { network: this.#networks.own, stepsPerLayer: null, stepsPerAnswer: null };
    if (name === "bistable") return this.#byPhases("bistable", "each with its own conversion");
    if (name === "few-spikes") {
      const setting =
        "one scale per layer from its maximum on calibration inputs, rounded down, biases as they are, 16-bit weights";
      return this.#byPhases("few-spikes", setting);
    }
    if (name === "quantised-ann") {
      const { runs } = await this.#byPhases("bistable", "");
      return {
        setting: "the levels of the bistable network, computed by multiplication; 'steps' is one pass",
        runs: runs.map((run) => ({ ...run, id: `quantised-ann ${run.label}`, spec: { kind: "period" }, marks: [1] })),
      };
    }
    if (name === "presentations") {
      const marks = presentationMarks(network);
      const run: Run = {
        ...going,
        id: name,
        spec: { kind: "gated" },
        marks,
        label: `${phases} phases`,
        stepsPerLayer: phases,
        stepsPerAnswer: 2 * phases,
        bits: phases,
      };
      return { setting: `${phases} phases, what is left over carried on`, runs: [run] };
    }
    if (name === "early") return this.#early();
    if (name === "no-synchronous" || name === "phase") {
      const alternating = name === "no-synchronous";
      const run: Run = {
        ...going,
        id: name,
        spec: { kind: "continuous", neuron: alternating ? "alternating" : "phase" },
        marks: alternating ? alternatingMarks(network, steps) : marksUpTo(Math.max(steps, phases), phases),
        label: `${phases} phases`,
        bits: phases,
      };
      return { setting: `${phases} phases, the scales of the bistable network`, runs: [run] };
    }
    const { best, other, initial, text: setting } = await this.#settingOf(name);
    const [run, beside] = [best, other].map(
      ({ thresholds, text }): Run => ({
        ...going,
        id: `${name} ${text}`,
        spec: { kind: "continuous", neuron: "integrate-and-fire", thresholds, initial },
        marks: marksUpTo(Math.max(steps, RATE_PERIOD), RATE_PERIOD),
        label: text,
        bits: 0,
      }),
    );
    return { setting, runs: [run], others: [beside] };
  }

  async #byPhases(method: "bistable" | "few-spikes", setting: string): Promise<{ setting: string; runs: Run[] }> {
    const { phases: own } = this.#network;
    const first = this.#network.latency - own * this.#network.deepest;
    const runs = [...new Set([...this.#options.phases, own])]
      .sort((a, b) => a - b)
      .map((phases): Run => {
        const begin = first === 1 ? 1 : phases;
        return {
          id: `${method}-${phases}`,
          network: `${method}-${phases}`,
          spec: { kind: "gated" },
          marks: [phases * this.#network.deepest + begin],
          label: `${phases} phases`,
          stepsPerLayer: phases,
          stepsPerAnswer: 2 * phases,
          bits: phases,
        };
      });
    return { setting: `${runs.map(({ bits }) => bits).join(", ")} phases, ${setting}`, runs };
  }

  /** The file's schedules, else one delay for all depths. */
  #early(): { setting: string; runs: Run[] } {
    const network = this.#network;
    const samples = new Uint8Array(network.input.height * network.input.width * network.input.channels);
    const delays = network.schedules
      ? (["exact", "close", "fast"] as const)
      : Array.from({ length: network.phases - 1 }, (_, k) => k + 1);
    const runs = [...delays].map((delay): Run => {
      const { steps, stepsPerLayer, stepsPerAnswer } = network.run(samples, { delay });
      return {
        id: `early-${delay}`,
        network: this.#networks.own,
        spec: { kind: "early", delay },
        marks: [steps],
        label: typeof delay === "string" ? delay : `delay ${delay}`,
        stepsPerLayer,
        stepsPerAnswer,
        // A digit is −1, 0 or 1.
        bits: Math.log2(3) * stepsPerLayer,
      };
    });
    const setting = network.schedules
      ? "the schedules of the file"
      : "one delay for all depths; convert with --early to have schedules chosen";
    return { setting, runs };
  }
}
