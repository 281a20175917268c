/** What the page asks of the worker that holds the network, and what it answers. */

import type { Schedule, ScheduleName } from "../../../../../bindings/lab/types.ts";
import type { InputInfo, Preprocessing } from "../../../../../bindings/types.ts";
import type { Silenced } from "../model/silence.ts";
import type { Recording, Way } from "../playback/recording.ts";
import type { Trace } from "./record.ts";

/** What the page needs to know of a network beside its file. */
export interface About {
  readonly name: string;
  readonly phases: number;
  readonly latency: number;
  readonly input: InputInfo;
  readonly labels: readonly string[];
  readonly classifier: boolean;
  readonly preprocessing: Preprocessing | null;
  readonly macs: number | null;
  readonly synapses: number;
  readonly schedules: Readonly<Record<ScheduleName, Schedule>> | null;
  readonly deepest: number;
  readonly memory: number;
  /** Ways of running that this build of the core has. */
  readonly ways: readonly Way[];
}

/** How to run one input. */
export interface Run {
  readonly samples: Uint8Array;
  readonly way: Way;
  /** Of early firing. */
  readonly schedule: Schedule | null;
  readonly silenced: readonly Silenced[];
}

export interface Answer {
  readonly values: Float32Array;
  readonly potentials: Int32Array;
  /** One run in period mode, ms: the median of those made. */
  readonly milliseconds: number;
}

export interface Recorded {
  readonly recording: Recording;
  /** The intact gated network on the same samples; null where the recording is of that. */
  readonly intact: Recording | null;
}

/** Each question with its answer. */
export interface Questions {
  open: { ask: { readonly source: string | Uint8Array }; answer: { readonly file: Uint8Array; readonly about: About } };
  classify: { ask: { readonly samples: Uint8Array; readonly silenced: readonly Silenced[] }; answer: Answer };
  record: { ask: Run; answer: Recorded };
  trace: { ask: Run & { readonly population: number; readonly neuron: number }; answer: Trace };
}

export type Name = keyof Questions;

export interface Asked {
  readonly id: number;
  readonly name: Name;
  readonly ask: Questions[Name]["ask"];
}

export type Answered = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: string });
