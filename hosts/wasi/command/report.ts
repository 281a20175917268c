/** What the command prints: the best classes, or the values of a network that does not classify. */
import { deepest, phases, population, populationCount } from "../../../assembly/network/network";
import { decode, rank } from "../../../assembly/network/outputs";
import { Kind, Population } from "../../../assembly/network/population";
import { label, labelCount } from "../../../assembly/model/labels";
import { reserve } from "../../../assembly/network/arena";
import { fail, FAILED } from "./failure";
import { printHex, printString } from "./json";
import { briefLength, printBrief, printExact } from "./number";
import { model, modelSize, stepwise, top } from "./options";
import { print, printNumber, put, repeat, write } from "./output";
import { addToDigest, beginDigest, endDigest } from "./sha256";

/** Significant digits of a value for people. */
const SIGNIFICANT: i32 = 4;

/** The first output's values, and the classes ranked by them. */
let values: usize = 0;
let ranking: usize = 0;
let ranked: u32 = 0;

function firstOutput(): Population {
  let i: u32 = 0;
  while (population(i).kind != Kind.OUTPUT) i++;
  return population(i);
}

/** Whether the first output is a list of classes: one position, several values. */
function classifies(): bool {
  const p = firstOutput();
  return p.height == 1 && p.width == 1 && p.channels > 1;
}

/** Decodes an output into the ANN's units. */
function decoded(p: Population): usize {
  const to = reserve(p.neurons, 4);
  if (!to) fail(FAILED);
  decode(p, 1, to);
  return to;
}

function rankClasses(): void {
  const p = firstOutput();
  values = decoded(p);
  ranked = min(top, p.channels);
  ranking = reserve(ranked, 4);
  if (!ranking) fail(FAILED);
  rank(values, p.channels, ranked, ranking);
}

function classAt(place: u32): u32 {
  return load<u32>(ranking + (<usize>place << 2));
}

function valueOf(index: u32): f32 {
  return load<f32>(values + (<usize>index << 2));
}

/** Time steps to the answer. */
function steps(): u32 {
  return (deepest + 1) * phases;
}

function mode(): string {
  return stepwise ? "step" : "period";
}

// ---- JSON, laid out as JSON.stringify(document, null, 2) does ----

function line(indent: i32): void {
  put(10);
  repeat(32, indent);
}

function key(indent: i32, name: string): void {
  line(indent);
  put(34);
  print(name);
  print("\": ");
}

function printLabel(index: u32): void {
  if (index < labelCount()) {
    const text = label(index);
    printString(text + 8, load<u32>(text));
    return;
  }
  put(34);
  printNumber(index);
  put(34);
}

function printClasses(): void {
  key(2, "classes");
  put(91);
  for (let i: u32 = 0; i < ranked; i++) {
    if (i) put(44);
    line(4);
    put(123);
    key(6, "index");
    printNumber(classAt(i));
    put(44);
    key(6, "label");
    printLabel(classAt(i));
    put(44);
    key(6, "value");
    printExact(valueOf(classAt(i)));
    line(4);
    put(125);
  }
  line(2);
  print("],");
}

function printOutput(p: Population): void {
  line(4);
  put(123);
  key(6, "name");
  printString(p.name, p.nameSize);
  put(44);
  key(6, "shape");
  put(91);
  line(8);
  printNumber(p.height);
  put(44);
  line(8);
  printNumber(p.width);
  put(44);
  line(8);
  printNumber(p.channels);
  line(6);
  print("],");
  key(6, "values");
  put(91);
  const found = decoded(p);
  for (let i: u32 = 0; i < p.neurons; i++) {
    if (i) put(44);
    line(8);
    printExact(load<f32>(found + (<usize>i << 2)));
  }
  line(6);
  put(93);
  line(4);
  put(125);
}

function printOutputs(): void {
  key(2, "outputs");
  put(91);
  let first = true;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (p.kind != Kind.OUTPUT) continue;
    if (!first) put(44);
    first = false;
    printOutput(p);
  }
  line(2);
  print("],");
}

/** Digests the potentials of all outputs in file order (int32, little-endian, as they lie in memory). */
function printDigest(): void {
  beginDigest();
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (p.kind == Kind.OUTPUT) addToDigest(p.potentials, p.neurons << 2);
  }
  printHex(endDigest(), 32);
}

/** Prints the answer of the last run as one JSON document. */
export function reportJson(): void {
  put(123);
  key(2, "model");
  printString(model, modelSize);
  put(44);
  key(2, "mode");
  put(34);
  print(mode());
  print("\",");
  key(2, "simd");
  print(ASC_FEATURE_RELAXED_SIMD ? "\"relaxed\"," : "\"baseline\",");
  key(2, "phases");
  printNumber(phases);
  put(44);
  key(2, "steps");
  printNumber(steps());
  put(44);
  if (classifies()) {
    rankClasses();
    printClasses();
  } else printOutputs();
  key(2, "digest");
  printDigest();
  line(0);
  print("}\n");
}

// ---- for people ----

function decimals(value: u32): i32 {
  let count = 1;
  for (; value >= 10; value /= 10) count++;
  return count;
}

/** Characters of UTF-8 text. */
function characters(pointer: usize, size: u32): i32 {
  let count = 0;
  for (let i: u32 = 0; i < size; i++) if ((load<u8>(pointer + i) & 0xc0) != 0x80) count++;
  return count;
}

function labelWidth(index: u32): i32 {
  if (index >= labelCount()) return decimals(index);
  const text = label(index);
  return characters(text + 8, load<u32>(text));
}

function showClasses(): void {
  let indexColumn = 5;
  let labelColumn = 5;
  let valueColumn = 5;
  for (let i: u32 = 0; i < ranked; i++) {
    indexColumn = max(indexColumn, decimals(classAt(i)));
    labelColumn = max(labelColumn, labelWidth(classAt(i)));
    valueColumn = max(valueColumn, briefLength(valueOf(classAt(i)), SIGNIFICANT));
  }
  print("class");
  repeat(32, indexColumn - 5 + 2);
  print("label");
  repeat(32, labelColumn - 5 + 2 + valueColumn - 5);
  print("value\n");
  repeat(45, indexColumn);
  print("  ");
  repeat(45, labelColumn);
  print("  ");
  repeat(45, valueColumn);
  put(10);
  for (let i: u32 = 0; i < ranked; i++) {
    const index = classAt(i);
    repeat(32, indexColumn - decimals(index));
    printNumber(index);
    print("  ");
    if (index < labelCount()) write(label(index) + 8, load<u32>(label(index)));
    else printNumber(index);
    repeat(32, labelColumn - labelWidth(index) + 2 + valueColumn - briefLength(valueOf(index), SIGNIFICANT));
    printBrief(valueOf(index), SIGNIFICANT);
    put(10);
  }
}

function showOutput(p: Population): void {
  const found = decoded(p);
  let least = load<f32>(found);
  let greatest = least;
  let sum: f64 = 0;
  for (let i: u32 = 0; i < p.neurons; i++) {
    const value = load<f32>(found + (<usize>i << 2));
    least = min(least, value);
    greatest = max(greatest, value);
    sum += value;
  }
  write(p.name, p.nameSize);
  print(" ");
  printNumber(p.height);
  print("x");
  printNumber(p.width);
  print("x");
  printNumber(p.channels);
  print(": least ");
  printBrief(least, SIGNIFICANT);
  print(", mean ");
  printBrief(<f32>(sum / p.neurons), SIGNIFICANT);
  print(", greatest ");
  printBrief(greatest, SIGNIFICANT);
  put(10);
}

/** Prints the answer of the last run for people. */
export function reportText(): void {
  if (classifies()) {
    rankClasses();
    showClasses();
    return;
  }
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (p.kind == Kind.OUTPUT) showOutput(p);
  }
}
