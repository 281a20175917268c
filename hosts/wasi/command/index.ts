/** `bsnn.wasi.wasm MODEL < image`: the core as a WASI preview 1 command. */
import { beginSteps, loadModel, runPeriods, runSteps, samples as inputSamples } from "../../../assembly/index";
import { population } from "../../../assembly/network/network";
import { exhausted, reserve } from "../../../assembly/network/arena";
import { FAILED, REFUSED } from "./exit";
import { fail, failOn, failOnInput } from "./failure";
import { readInput, readModelFile, size } from "./files";
import { printHelp } from "./help";
import { areSamples, MOST_HEADER, toSamples } from "./image";
import { areInputs, presentInputs, readInputs, severalSamples } from "./inputs";
import { help, images, json, model, modelSize, readOptions, stepwise } from "./options";
import { flush } from "./output";
import { addJson, beginJson, endJson, showAnswer } from "./report";
import { checkStated } from "./stated";
import { readTensors } from "./tensors";

export { cabi_realloc } from "./realloc";

/** loadModel's answer where memory ends, which is no fault of the model. */
const NO_MEMORY: i32 = 2;

function readNetwork(): void {
  const file = readModelFile(model, modelSize);
  const failed = loadModel(file, size);
  if (failed) failOn(failed == NO_MEMORY ? FAILED : REFUSED, model, modelSize);
  if (!readInputs() || !readTensors() || !checkStated()) failOn(exhausted ? FAILED : REFUSED, model, modelSize);
}

/** Reads one image in any form, or several raw ones; the samples of each are `count` bytes. */
function readImages(): usize {
  const input = population(0);
  if (severalSamples) {
    const expected = <u64>images * severalSamples;
    const bytes = readInput(expected + 1);
    if (!areInputs(size, size <= expected, images)) failOnInput(REFUSED);
    return bytes;
  }
  if (images > 1) {
    // One byte more than is expected, to see whether there is more.
    const expected = <u64>images * input.neurons;
    const bytes = readInput(expected + 1);
    if (!areSamples(size, size <= expected, images, input.height, input.width, input.channels)) failOnInput(REFUSED);
    return bytes;
  }
  const most = max(input.neurons, input.height * input.width * 3 + MOST_HEADER);
  const bytes = readInput(<u64>most + 1);
  const samples = reserve(input.neurons, 1);
  if (!samples) failOnInput(FAILED);
  const right = toSamples(bytes, size, size <= most, samples, input.height, input.width, input.channels);
  if (!right) failOnInput(REFUSED);
  return samples;
}

function run(samples: usize): void {
  if (severalSamples) presentInputs(samples);
  else memory.copy(inputSamples, samples, population(0).neurons);
  const begun = stepwise ? beginSteps(1, 0, 1) : runPeriods(1, 0);
  if (!begun) fail(FAILED);
  if (stepwise) runSteps();
}

/** The command. */
export function _start(): void {
  readOptions();
  if (help) printHelp();
  else {
    readNetwork();
    const samples = readImages();
    if (json) beginJson();
    for (let i: u32 = 0; i < images; i++) {
      run(samples + <usize>i * (severalSamples ? severalSamples : population(0).neurons));
      if (json) addJson();
      else showAnswer(i);
    }
    if (json) endJson();
  }
  flush();
}
