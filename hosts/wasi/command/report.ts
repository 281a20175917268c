/** What the command prints: the best classes, or the values of a network that does not classify. */
import { phases, population, populationCount } from "../../../assembly/network/network";
import { firstOutput, rank } from "../../../assembly/engine/outputs";
import { stepsTo } from "../../../assembly/engine/step";
import { QUADS } from "../../../assembly/kernels/quad";
import { isOutput } from "../../../assembly/neurons/neurons";
import { label, labelCount } from "../../../assembly/model/labels";
import { Char } from "./ascii";
import { closeList, closeObject, item, key, openList, openObject, printHex, printString, printText } from "./json";
import { briefLength, printBrief, printExact } from "./number";
import { images, model, modelSize, stepwise, top } from "./options";
import { print, printNumber, put, repeat, writePlain } from "./output";
import { addToDigest, beginDigest, endDigest } from "./sha256";
import { channelAt, classifies, elementsOf, gather, isJoined, isPlaced, isTensor, rankOf, sizeOf } from "./tensors";

/** Significant digits of a value for people. */
const SIGNIFICANT: i32 = 4;

/** The first output's values, and the classes ranked by them. */
let values: usize = 0;
let ranking: usize = 0;
let ranked: u32 = 0;

function rankClasses(): void {
  const first = firstOutput();
  const p = population(first);
  ranked = min(top, p.channels);
  ranking = rank(p, 1, isPlaced(first) ? 0 : ranked);
  values = gather(first);
  if (isPlaced(first)) rankPlaced(p.channels);
}

/** Ranks classes whose values lie in another order; the lower class comes first on ties. */
function rankPlaced(classes: u32): void {
  for (let place: u32 = 0; place < ranked; place++) {
    let best: u32 = classes;
    for (let index: u32 = 0; index < classes; index++) {
      if (place && !isBelow(index, classAt(place - 1))) continue;
      if (best == classes || isBelow(best, index)) best = index;
    }
    store<u32>(ranking + ((<usize>place) << 2), best);
  }
}

/** Whether a class comes after another. */
function isBelow(index: u32, other: u32): bool {
  return valueOf(index) < valueOf(other) || (valueOf(index) == valueOf(other) && index > other);
}

function classAt(place: u32): u32 {
  return load<u32>(ranking + ((<usize>place) << 2));
}

function valueOf(index: u32): f32 {
  return load<f32>(values + ((<usize>index) << 2));
}

/** Pointer to a class's label; the file holds labels in the order of the values. */
function labelOf(index: u32): usize {
  return label(channelAt(firstOutput(), index));
}

function mode(): string {
  return stepwise ? "step" : "period";
}

// ---- JSON, as docs/command.md describes it ----

function printLabel(index: u32): void {
  if (index < labelCount()) {
    const text = labelOf(index);
    printString(text + 8, load<u32>(text));
    return;
  }
  put(Char.QUOTE);
  printNumber(index);
  put(Char.QUOTE);
}

function printClasses(): void {
  key("top");
  openList();
  for (let i: u32 = 0; i < ranked; i++) {
    item();
    openObject();
    key("index");
    printNumber(classAt(i));
    key("label");
    printLabel(classAt(i));
    key("value");
    printExact(valueOf(classAt(i)));
    closeObject();
  }
  closeList();
}

/** Bytes of a tensor's name: a tensor that joins outputs has that of the first, without its `[0]`. */
function nameSize(output: u32): u32 {
  const p = population(output);
  if (!isJoined(output) || p.nameSize < 3) return p.nameSize;
  const end = p.name + p.nameSize - 3;
  return load<u8>(end) == 0x5b && load<u8>(end, 1) == 0x30 && load<u8>(end, 2) == 0x5d ? p.nameSize - 3 : p.nameSize;
}

/** The shape; of a tensor without axes an empty list. */
function printShape(output: u32): void {
  key("shape");
  if (!rankOf(output)) {
    print("[]");
    return;
  }
  openList();
  for (let axis: u32 = 0; axis < rankOf(output); axis++) {
    item();
    printNumber(sizeOf(output, axis));
  }
  closeList();
}

function printOutput(output: u32): void {
  const p = population(output);
  item();
  openObject();
  key("name");
  printString(p.name, nameSize(output));
  printShape(output);
  key("values");
  openList();
  const found = gather(output);
  for (let i: u32 = 0; i < elementsOf(output); i++) {
    item();
    printExact(load<f32>(found + ((<usize>i) << 2)));
  }
  closeList();
  closeObject();
}

function printOutputs(): void {
  key("outputs");
  openList();
  for (let i: u32 = 0; i < populationCount; i++) if (isTensor(i)) printOutput(i);
  closeList();
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
  openObject();
  key("model");
  printString(model, modelSize);
  key("mode");
  printText(mode());
  key("build");
  printText(QUADS ? "relaxed" : "baseline");
  key("phases");
  printNumber(phases);
  key("steps");
  printNumber(stepsTo(1, 1));
  key("images");
  openList();
}

/** Prints the answer to the next image in the document. */
export function addJson(): void {
  digestOutputs();
  item();
  openObject();
  if (classifies(firstOutput())) {
    rankClasses();
    printClasses();
  } else printOutputs();
  closeObject();
}

/** Ends the document with the digest over all images. */
export function endJson(): void {
  closeList();
  key("digest");
  printHex(endDigest(), 32);
  closeObject();
  put(Char.NEWLINE);
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
  const text = labelOf(index);
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
  repeat(Char.SPACE, indexColumn - 5 + 2);
  print("label");
  repeat(Char.SPACE, labelColumn - 5 + 2 + valueColumn - 5);
  print("value\n");
  repeat(Char.MINUS, indexColumn);
  print("  ");
  repeat(Char.MINUS, labelColumn);
  print("  ");
  repeat(Char.MINUS, valueColumn);
  put(Char.NEWLINE);
  for (let i: u32 = 0; i < ranked; i++) {
    const index = classAt(i);
    repeat(Char.SPACE, indexColumn - decimals(index));
    printNumber(index);
    print("  ");
    if (index < labelCount()) writePlain(labelOf(index) + 8, load<u32>(labelOf(index)));
    else printNumber(index);
    repeat(Char.SPACE, labelColumn - labelWidth(index) + 2 + valueColumn - briefLength(valueOf(index), SIGNIFICANT));
    printBrief(valueOf(index), SIGNIFICANT);
    put(Char.NEWLINE);
  }
}

function showOutput(output: u32): void {
  const p = population(output);
  let least: f32 = Infinity;
  let greatest: f32 = -Infinity;
  let sum: f64 = 0;
  const found = gather(output);
  const count = elementsOf(output);
  for (let i: u32 = 0; i < count; i++) {
    const value = load<f32>(found + ((<usize>i) << 2));
    least = min(least, value);
    greatest = max(greatest, value);
    sum += value;
  }
  writePlain(p.name, nameSize(output));
  put(Char.SPACE);
  for (let axis: u32 = 0; axis < rankOf(output); axis++) {
    if (axis) print("×");
    printNumber(sizeOf(output, axis));
  }
  print(": least ");
  printBrief(least, SIGNIFICANT);
  print(", mean ");
  printBrief(<f32>(sum / count), SIGNIFICANT);
  print(", greatest ");
  printBrief(greatest, SIGNIFICANT);
  put(Char.NEWLINE);
}

/** Prints the answer to the i-th image for people. */
export function showAnswer(i: u32): void {
  if (images > 1) {
    if (i) put(Char.NEWLINE);
    print("image ");
    printNumber(i);
    put(Char.NEWLINE);
  }
  if (classifies(firstOutput())) {
    rankClasses();
    showClasses();
    return;
  }
  for (let j: u32 = 0; j < populationCount; j++) {
    if (isTensor(j)) showOutput(j);
  }
}
