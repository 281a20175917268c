/** The command line. */
import { say, sayName, start } from "../../../assembly/message/message";
import { equals, sizeOfText, startsWith } from "../../../assembly/message/text";
import { reserve } from "../../../assembly/network/arena";
import { Char, digitOf } from "./ascii";
import { FAILED, REFUSED } from "./exit";
import { fail } from "./failure";
import { args_get, args_sizes_get } from "./wasi";

export let help: bool = false;
export let json: bool = false;
/** Whether to simulate every time step. */
export let stepwise: bool = false;
/** How many classes to print. */
export let top: u32 = 5;
/** How many images standard input holds. */
export let images: u32 = 1;
export let model: usize = 0;
export let modelSize: u32 = 0;

const counts: usize = memory.data(8, 4);

/** Arguments: pointers to C strings. */
let list: usize = 0;
let count: u32 = 0;
let index: u32 = 1;

function refuse(): void {
  say(" (--help shows the options)");
  fail(REFUSED);
}

function sizeOf(text: usize): u32 {
  let size: u32 = 0;
  while (load<u8>(text + size)) size++;
  return size;
}

/** The value of an option: after its `=`, or the next argument. */
function valueOf(argument: usize, option: string): usize {
  const n = sizeOfText(option);
  if (load<u8>(argument + n) == Char.EQUALS) return argument + n + 1;
  if (++index < count) return load<u32>(list + ((<usize>index) << 2));
  start("option '");
  say(option);
  say("' needs a value");
  refuse();
  return 0;
}

/** Whether an argument is an option that takes a value. */
function takes(argument: usize, size: u32, option: string): bool {
  const n = sizeOfText(option);
  return startsWith(argument, size, option) && (size == n || load<u8>(argument + n) == Char.EQUALS);
}

/** A whole number from 1 on. */
function numberIn(value: usize, option: string): u32 {
  let number: u64 = 0;
  const size = sizeOf(value);
  for (let i: u32 = 0; i < size; i++) {
    const digit = digitOf(load<u8>(value + i));
    number = digit > 9 ? 0 : min<u64>(number * 10 + digit, u32.MAX_VALUE);
    if (digit > 9) break;
  }
  if (number) return <u32>number;
  start("option '");
  say(option);
  say("' needs a whole number, 1 or more, found ");
  sayName(value, size);
  refuse();
  return 0;
}

function readMode(value: usize): void {
  const size = sizeOf(value);
  stepwise = equals(value, size, "step");
  if (stepwise || equals(value, size, "period")) return;
  start("option '--mode' needs 'period' or 'step', found ");
  sayName(value, size);
  refuse();
}

/** Reads the command line; what it cannot mean ends the command. */
export function readOptions(): void {
  if (args_sizes_get(counts, counts + 4) & 0xffff) {
    start("the host gives no arguments");
    fail(FAILED);
  }
  count = load<u32>(counts);
  list = reserve(count, 4);
  const text = reserve(load<u32>(counts, 4), 1);
  if (!list || !text) fail(FAILED);
  if (args_get(list, text) & 0xffff) {
    start("the host gives no arguments");
    fail(FAILED);
  }
  let plain = false;
  for (; index < count; index++) {
    const argument: usize = load<u32>(list + ((<usize>index) << 2));
    const size = sizeOf(argument);
    if (plain || load<u8>(argument) != Char.MINUS) readModelName(argument, size);
    else if (equals(argument, size, "--")) plain = true;
    else if (equals(argument, size, "--help") || equals(argument, size, "-h")) help = true;
    else if (equals(argument, size, "--json")) json = true;
    else if (takes(argument, size, "--top")) top = numberIn(valueOf(argument, "--top"), "--top");
    else if (takes(argument, size, "--images")) images = numberIn(valueOf(argument, "--images"), "--images");
    else if (takes(argument, size, "--mode")) readMode(valueOf(argument, "--mode"));
    else {
      start("unknown option ");
      sayName(argument, size);
      refuse();
    }
  }
  if (modelSize || help) return;
  start("which model? Usage: bsnn.wasi.wasm MODEL < image");
  refuse();
}

function readModelName(argument: usize, size: u32): void {
  if (modelSize) {
    start("one model is expected, found ");
    sayName(argument, size);
    say(" too; the image is read from standard input");
    refuse();
  }
  if (!size) {
    start("the model's name is empty");
    refuse();
  }
  model = argument;
  modelSize = size;
}
