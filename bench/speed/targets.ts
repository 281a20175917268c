/** What the project holds itself to, as ratios of medians in one run. */
import type { CoreBuild } from "../../bindings/types.ts";
import type { ContenderName, ModelTimings } from "./plan.ts";

export interface Check {
  readonly what: string;
  readonly found: number;
  readonly target: number;
  /** Whether the target is the least or the most allowed. */
  readonly bound: "least" | "most";
  readonly met: boolean;
}

export function check(what: string, found: number, bound: Check["bound"], target: number): Check {
  return { what, found, target, bound, met: bound === "least" ? found >= target : found <= target };
}

interface Targets {
  readonly baseline: number;
  readonly relaxed: number;
  readonly webInt8: number;
  readonly native: number;
  readonly nativeInt8: number;
  readonly step: number;
  readonly share: number;
  /** Of two threads, where one is set. */
  readonly threads?: number;
}

/** Early firing spreads its spikes over fewer steps, and has some more. */
const EARLY = 1.3;

const TARGETS: Readonly<Record<string, Targets>> = {
  resnet20: { baseline: 3, relaxed: 5, webInt8: 4.5, native: 0.8, nativeInt8: 1, step: 3, share: 0.6 },
  squeezenet: {
    baseline: 2.5,
    relaxed: 4,
    webInt8: 3.5,
    native: 0.8,
    nativeInt8: 0.8,
    step: 3,
    share: 0.6,
    threads: 0.6,
  },
  vgg16: { baseline: 3, relaxed: 6, webInt8: 4.2, native: 1, nativeInt8: 0.9, step: 3, share: 0.7 },
};

/** Share of the bare instruction's speed that all convolutions of a model together reach; null where a part is missing. */
export function convolutionShare({ layers, peaks }: ModelTimings, build: CoreBuild): number | null {
  const own = layers.find((entry) => entry.build === build)?.layers.filter(({ convolution }) => convolution);
  const peak = peaks[build];
  if (!own || !peak) return null;
  const macs = own.reduce((sum, layer) => sum + layer.macs, 0);
  const ms = own.reduce((sum, layer) => sum + layer.ms.median, 0);
  return macs / ms / 1e6 / peak.median;
}

/** A contender's median time per image, or null where it was skipped. */
export function medianOf({ timings }: ModelTimings, contender: ContenderName): number | null {
  return timings.find((timing) => timing.contender === contender)?.ms.median ?? null;
}

/** The checks that apply to a model in one engine; none for a model without targets. */
export function checksOf(timings: ModelTimings): Check[] {
  const targets = TARGETS[timings.model];
  if (!targets) return [];
  const checks: Check[] = [];
  const ratio = (what: string, over: ContenderName, under: ContenderName, bound: Check["bound"], target: number) => {
    const [a, b] = [medianOf(timings, over), medianOf(timings, under)];
    if (a !== null && b !== null) checks.push(check(what, a / b, bound, target));
  };
  const web = "onnxruntime-web";
  ratio("onnxruntime-web / ours, baseline", web, "baseline", "least", targets.baseline);
  ratio("onnxruntime-web / ours, relaxed", web, "relaxed", "least", targets.relaxed);
  ratio("onnxruntime-node / ours, relaxed", "onnxruntime-node", "relaxed", "least", targets.native);
  ratio("onnxruntime-web int8 / ours, relaxed", "onnxruntime-web-int8", "relaxed", "least", targets.webInt8);
  ratio("onnxruntime-node int8 / ours, relaxed", "onnxruntime-node-int8", "relaxed", "least", targets.nativeInt8);
  if (targets.threads !== undefined) {
    const one = medianOf(timings, "relaxed") === null ? "baseline" : "relaxed";
    ratio("ours, two threads / one", "threads", one, "most", targets.threads);
  }
  ratio("ours, step by step / onnxruntime-web", "step", web, "most", targets.step);
  ratio("ours, early firing with δ = 3 / step by step", "early", "step", "most", EARLY);
  for (const build of ["baseline", "relaxed"] as const) {
    const share = convolutionShare(timings, build);
    if (share !== null) checks.push(check(`share of peak, convolutions, ${build}`, share, "least", targets.share));
  }
  return checks;
}
