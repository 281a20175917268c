/** What the command prints: the best classes, or the values of a network that does not classify. */
import { phases, population, populationCount } from "../../../assembly/network/network";
import { decode, firstOutput, isClassifier, rank } from "../../../assembly/engine/outputs";
import { stepsTo } from "../../../assembly/engine/step";
import { Population } from "../../../assembly/network/population";
import { isOutput } from "../../../assembly/neurons/neurons";
import { label, labelCount } from "../../../assembly/model/labels";
import { printHex, printString } from "./json";
import { briefLength, printBrief, printExact } from "./number";
import { images, model, modelSize, stepwise, top } from "./options";
import { print, printNumber, put, repeat, write } from "./output";
import { addToDigest, beginDigest, endDigest } from "./sha256";

/** Significant digits of a value for people. */
const SIGNIFICANT: i32 = 4;

/** The first output's values, and the classes ranked by them. */
let values: usize = 0;
let ranking: usize = 0;
let ranked: u32 = 0;

function rankClasses(): void {
  const p = population(firstOutput());
  values = decode(p, 1);
  ranked = min(top, p.channels);
  ranking = rank(p, 1, ranked);
}

function classAt(place: u32): u32 {
  return load<u32>(ranking + (<usize>place << 2));
}

function valueOf(index: u32): f32 {
  return load<f32>(values + (<usize>index << 2));
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

function printClasses(indent: i32): void {
  key(indent, "classes");
  put(91);
  for (let i: u32 = 0; i < ranked; i++) {
    if (i) put(44);
    line(indent + 2);
    put(123);
    key(indent + 4, "index");
    printNumber(classAt(i));
    put(44);
    key(indent + 4, "label");
    printLabel(classAt(i));
    put(44);
    key(indent + 4, "value");
    printExact(valueOf(classAt(i)));
    line(indent + 2);
    put(125);
  }
  line(indent);
  put(93);
}

function printOutput(p: Population, indent: i32): void {
  line(indent);
  put(123);
  key(indent + 2, "name");
  printString(p.name, p.nameSize);
  put(44);
  key(indent + 2, "shape");
  put(91);
  line(indent + 4);
  printNumber(p.height);
  put(44);
  line(indent + 4);
  printNumber(p.width);
  put(44);
  line(indent + 4);
  printNumber(p.channels);
  line(indent + 2);
  print("],");
  key(indent + 2, "values");
  put(91);
  const found = decode(p, 1);
  for (let i: u32 = 0; i < p.neurons; i++) {
    if (i) put(44);
    line(indent + 4);
    printExact(load<f32>(found + (<usize>i << 2)));
  }
  line(indent + 2);
  put(93);
  line(indent);
  put(125);
}

function printOutputs(indent: i32): void {
  key(indent, "outputs");
  put(91);
  let first = true;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (!isOutput(p)) continue;
    if (!first) put(44);
    first = false;
    printOutput(p, indent + 2);
  }
  line(indent);
  put(93);
}

/** Prints what the last run answered. */
function printAnswer(indent: i32): void {
  if (isClassifier()) {
    rankClasses();
    printClasses(indent);
  } else printOutputs(indent);
}

/** Digests the potentials of all outputs in file order (int32, little-endian, as they lie in memory). */
function digestOutputs(): void {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p)) addToDigest(p.potentials, p.neurons << 2);
  }
}

/** Begins the one JSON document. */
export function beginJson(): void {
  beginDigest();
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
  printNumber(stepsTo(1));
  put(44);
  if (images == 1) return;
  key(2, "images");
  put(91);
}

/** Prints the answer to the i-th image in the document. */
export function addJson(i: u32): void {
  digestOutputs();
  if (images == 1) {
    printAnswer(2);
    return;
  }
  if (i) put(44);
  line(4);
  put(123);
  printAnswer(6);
  line(4);
  put(125);
}

/** Ends the document with the digest over all images. */
export function endJson(): void {
  if (images > 1) {
    line(2);
    put(93);
  }
  put(44);
  key(2, "digest");
  printHex(endDigest(), 32);
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
  let least: f32 = Infinity;
  let greatest: f32 = -Infinity;
  let sum: f64 = 0;
  const found = decode(p, 1);
  for (let i: u32 = 0; i < p.neurons; i++) {
    const value = load<f32>(found + (<usize>i << 2));
    least = min(least, value);
    greatest = max(greatest, value);
    sum += value;
  }
  write(p.name, p.nameSize);
  put(32);
  printNumber(p.height);
  print("×");
  printNumber(p.width);
  print("×");
  printNumber(p.channels);
  print(": least ");
  printBrief(least, SIGNIFICANT);
  print(", mean ");
  printBrief(<f32>(sum / p.neurons), SIGNIFICANT);
  print(", greatest ");
  printBrief(greatest, SIGNIFICANT);
  put(10);
}

/** Prints the answer to the i-th image for people. */
export function showAnswer(i: u32): void {
  if (images > 1) {
    if (i) put(10);
    print("image ");
    printNumber(i);
    put(10);
  }
  if (isClassifier()) {
    rankClasses();
    showClasses();
    return;
  }
  for (let j: u32 = 0; j < populationCount; j++) {
    const p = population(j);
    if (isOutput(p)) showOutput(p);
  }
}
