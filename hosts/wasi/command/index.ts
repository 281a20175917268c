/** `bsnn.wasi.wasm MODEL < pixels`: the core as a WASI preview 1 command. */
import { loadModel, runPeriods, samplePointer } from "../../../assembly/index";
import { population } from "../../../assembly/network/network";
import { FAILED, failOn, failOnInput, REFUSED } from "./failure";
import { readInput, readModelFile, size } from "./files";
import { printHelp } from "./help";
import { MOST_HEADER, toSamples } from "./image";
import { help, json, model, modelSize, readOptions, stepwise } from "./options";
import { flush } from "./output";
import { reportJson, reportText } from "./report";

export { cabi_realloc } from "./realloc";

/** loadModel's answer where memory ends, which is no fault of the model. */
const NO_MEMORY: i32 = 2;

function readNetwork(): void {
  const file = readModelFile(model, modelSize);
  const failed = loadModel(file, size);
  if (failed) failOn(failed == NO_MEMORY ? FAILED : REFUSED, model, modelSize);
}

function readSamples(): void {
  const input = population(0);
  // One byte more than could be needed, to see whether there is more.
  const most = max(input.neurons, input.height * input.width * 3 + MOST_HEADER);
  const bytes = readInput(most + 1);
  const right = toSamples(bytes, size, size <= most, samplePointer(), input.height, input.width, input.channels);
  if (!right) failOnInput(REFUSED);
}

function run(): void {
  runPeriods(1, 0);
}

/** The command. */
export function _start(): void {
  readOptions();
  if (help) printHelp();
  else {
    readNetwork();
    readSamples();
    run();
    if (json) reportJson();
    else reportText();
  }
  flush();
}
