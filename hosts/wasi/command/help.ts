/** The text of `--help`. */
import { print } from "./output";

export function printHelp(): void {
  print(`Usage: bsnn.wasi.wasm [options] MODEL < pixels

Runs a bistable spiking neural network on an image and prints the best classes
with their values.

MODEL is a converted model (*.bsnn.gguf) in a folder that the host has
preopened. Standard input holds the pixels: height x width x channels unsigned
bytes, channels last (RGB or grey), or a PPM (P6) or PGM (P5) image of the
model's height and width; colour becomes grey, and grey colour, as the model
needs. Values are those of the original network's output: logits where it ended
in a softmax, which conversion drops.

Options:
  --top <n>      how many classes to print (default: 5)
  --mode <mode>  period: a period at once (default), or step: every time step;
                 the results are equal to the bit
  --images <n>   how many images standard input holds, raw, one after another
                 (default: 1)
  --json         print one JSON document on standard output and nothing else;
                 its digest is the SHA-256 over the output potentials of all
                 images
  -h, --help     print this

Examples:
  $ wasmtime run --dir . bsnn.wasi.wasm digits.bsnn.gguf < seven.pgm
  $ wazero run -mount=.:/ bsnn.wasi.wasm digits.bsnn.gguf --json < seven.pgm

Exit codes: 0 done, 2 bad input or usage, 1 a failure inside.
`);
}
