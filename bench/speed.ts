/**
 * Speed beside other runtimes, all in one run, on one thread but for a contender with two: see USAGE. Native onnxruntime and further versions of Node take part
 * where they are installed: npm ci --ignore-scripts --prefix bench; npm ci --prefix test/hosts. So do models in 8 bits and the Python
 * package: bench/int8/install; test/hosts/python/install.
 */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, loadavg, release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { INT8_KINDS } from "./int8/quantised.ts";
import { findEngines } from "./speed/engines.ts";
import type { ColdStart, Endurance, ModelTimings, PythonPackage, Runtime, Subject } from "./speed/plan.ts";
import { prepare } from "./speed/prepare.ts";
import { buildPrograms, CORES, type Engine, PEAKS, runProgram } from "./speed/programs.ts";
import { installPython } from "./speed/python.ts";
import { report } from "./speed/report.ts";
import type { ColdResult, ColdTimes, EngineResult, Machine, Measurements } from "./speed/results.ts";
import { ORT_WASM, shippedBytes } from "./speed/sizes.ts";
import { check, checksOf } from "./speed/targets.ts";
import { quartiles } from "./statistics.ts";

const USAGE = `npm run bench [-- OPTIONS]
  --models a,b       resnet20,squeezenet,vgg16 unless said otherwise; imagenet-resnet34 and its like (bench/paper-models.ts)
  --engines 20,24    major versions of Node
  --rounds n         turns of each contender (21)
  --turn ms          length of a turn (60)
  --processor        time contenders by the processor's time, not the clock: for a machine with other work
  --warm-up ms       of each contender before (1500)
  --images n         images measured on (8)
  --int8 KIND        of onnxruntime's quantised models: u8s8, u8s7, s8s8 (u8s8); bench/int8/quantise.py
  --cold n           cold starts of each runtime (7); 0 for none
  --inferences n     inferences that must leave memory alone (10000); 0 for none
  --model-dir DIR    keep converted models there, and take them from there
  --json | --markdown`;

const DIGITS = fileURLToPath(new URL("../models/digits.bsnn.gguf", import.meta.url));
const BINDINGS = fileURLToPath(new URL("../dist/node.js", import.meta.url));
const COLD_MODEL = "resnet20";
/** Growth of the JS heap over all inferences that counts as none: less than one object of 64 bytes in an inference. */
const HEAP_NOISE = 64;

const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function readOptions() {
  const { values } = parseArgs({
    options: {
      models: { type: "string", default: "resnet20,squeezenet,vgg16" },
      engines: { type: "string", default: "20,24" },
      rounds: { type: "string", default: "21" },
      turn: { type: "string", default: "60" },
      "warm-up": { type: "string", default: "1500" },
      images: { type: "string", default: "8" },
      int8: { type: "string", default: "u8s8" },
      cold: { type: "string", default: "7" },
      inferences: { type: "string", default: "10000" },
      "model-dir": { type: "string" },
      processor: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  const number = (name: "rounds" | "turn" | "warm-up" | "images" | "cold" | "inferences", least: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name}: found '${values[name]}'; a whole number of at least ${least} is needed\n${USAGE}`);
  };
  const kind = INT8_KINDS.find((known) => known === values.int8);
  if (!kind) throw new Error(`--int8: found '${values.int8}'; ${INT8_KINDS.join(", ")} are supported\n${USAGE}`);
  return {
    int8: kind,
    models: values.models.split(","),
    majors: values.engines.split(","),
    rounds: number("rounds", 1),
    turn: number("turn", 1),
    warmUp: number("warm-up", 0),
    images: number("images", 1),
    cold: number("cold", 0),
    inferences: number("inferences", 0),
    modelDir: values["model-dir"],
    processor: values.processor,
    json: values.json,
    markdown: values.markdown,
  };
}

type Options = ReturnType<typeof readOptions>;

async function measureCold(engine: Engine, subject: Subject, count: number, folder: string): Promise<ColdResult> {
  const starts: Record<Runtime, ColdStart[]> = { bsnn: [], "onnxruntime-web": [] };
  for (let n = 0; n < count; n++) {
    for (const runtime of ["bsnn", "onnxruntime-web"] as const) {
      const plan = { runtime, subject, cores: CORES, bindings: BINDINGS, ortWasm: ORT_WASM };
      starts[runtime].push(await runProgram<ColdStart>("start-cold", plan, engine, folder));
    }
  }
  const times = (runtime: Runtime): ColdTimes => ({
    answerMs: quartiles(starts[runtime].map(({ answerMs }) => answerMs)),
    importMs: quartiles(starts[runtime].map(({ importMs }) => importMs)),
    memory: Math.max(...starts[runtime].map(({ memory }) => memory)),
  });
  const [own, web] = [times("bsnn"), times("onnxruntime-web")];
  const ratio = web.answerMs.median / own.answerMs.median;
  return { model: subject.name, own, web, checks: [check("onnxruntime-web / ours, cold start", ratio, "least", 20)] };
}

async function measureEndurance(engine: Engine, inferences: number, folder: string) {
  const plan = { model: DIGITS, core: CORES.baseline, inferences };
  const found = await runProgram<Endurance>("endure", plan, engine, folder, ["--expose-gc"]);
  const growth = (found.memoryAfter - found.memoryBefore) / inferences;
  return {
    found,
    checks: [
      check("bytes of linear memory per inference", growth, "most", 0),
      check("bytes of JS heap per inference, by its trend", found.heapTrend / inferences, "most", HEAP_NOISE),
    ],
  };
}

async function measureEngine(
  engine: Engine,
  subjects: readonly Subject[],
  python: PythonPackage | null,
  options: Options,
  folder: string,
): Promise<EngineResult> {
  const models: EngineResult["models"][number][] = [];
  const { rounds, turn, warmUp, processor } = options;
  for (const subject of subjects) {
    note(`${engine.name}: ${subject.name}`);
    const plan = { subject, cores: CORES, python, processor, peaks: PEAKS, rounds, turn, warmUp };
    const timings = await runProgram<ModelTimings>("time-models", plan, engine, folder);
    const { file, activations, loaded } = timings.memory;
    const memory = check("linear memory / (file + activations)", loaded / (file + activations), "most", 2.2);
    models.push({ remark: subject.remark, timings, checks: [...checksOf(timings), memory] });
  }
  const coldSubject = subjects.find(({ name }) => name === COLD_MODEL);
  if (options.cold > 0) note(`${engine.name}: ${coldSubject ? "cold starts" : `no cold starts without ${COLD_MODEL}`}`);
  const cold = options.cold > 0 && coldSubject ? await measureCold(engine, coldSubject, options.cold, folder) : null;
  if (options.inferences > 0) note(`${engine.name}: ${options.inferences} inferences`);
  const endurance = options.inferences > 0 ? await measureEndurance(engine, options.inferences, folder) : null;
  return { name: engine.name, models, ...(cold && { cold }), ...(endurance && { endurance }) };
}

async function describeMachine(): Promise<Machine> {
  const manifest = createRequire(import.meta.url)
    .resolve("onnxruntime-web")
    .replace(/dist[\\/][^\\/]*$/, "package.json");
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: cpus().length,
    system: `${type()} ${release()} ${process.arch}`,
    load: loadavg()
      .map((value) => value.toFixed(1))
      .join(", "),
    onnxruntime: JSON.parse(await readFile(manifest, "utf8")).version,
  };
}

async function main(options: Options): Promise<void> {
  const { modelDir, rounds, images, processor, int8 } = options;
  const machine = await describeMachine();
  const engines = await findEngines(options.majors, note);
  if (engines.length === 0) throw new Error("none of the engines asked for is installed");
  const folder = modelDir ?? (await mkdtemp(join(tmpdir(), "bsnn-bench-")));
  try {
    await mkdir(folder, { recursive: true });
    await buildPrograms();
    const prepared = await prepare(options.models, { folder, images, int8, note });
    const subjects = prepared.map(({ subject }) => subject);
    const python = await installPython(folder);
    const results: EngineResult[] = [];
    for (const engine of engines) results.push(await measureEngine(engine, subjects, python, options, folder));
    const shipped = shippedBytes();
    const cores = shipped
      .slice(0, 2)
      .map(({ what, gzipped }) => check(`${what}, KiB gzipped`, gzipped / 1024, "most", 16));
    const accuracies = prepared
      .filter(({ accuracies }) => accuracies.length > 0)
      .map(({ subject, accuracies, tested }) => ({ model: subject.name, images: tested, of: accuracies }));
    const measurements: Measurements = {
      ...{ machine, rounds, images, processor, int8, shipped, accuracies },
      checks: cores,
      engines: results,
    };
    process.stdout.write(
      options.json ? `${JSON.stringify(measurements, null, 2)}\n` : report(measurements, options.markdown),
    );
  } finally {
    if (!modelDir) await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main(readOptions());
} catch (error) {
  note((error as Error).message);
  process.exit(1);
}
// onnxruntime-web keeps the process alive.
process.exit(0);
