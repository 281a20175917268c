/** The text of `--help`. */
import { Char } from "./ascii";
import { print, put } from "./output";

function line(text: string): void {
  print(text);
  put(Char.NEWLINE);
}

/** Prints the text of `--help`. */
export function printHelp(): void {
  line("Usage: bsnn.wasi.wasm [options] MODEL < image");
  line("");
  line("Runs a bistable spiking neural network on an image and prints the best classes");
  line("with their values.");
  line("");
  line("MODEL is a converted model (*.bsnn.gguf) in a folder that the host has");
  line("preopened. Standard input holds the image: height x width x channels unsigned");
  line("bytes, channels last (RGB or grey), or a PPM (P6) or PGM (P5) file of the");
  line("model's height and width; colour becomes grey, and grey colour, as the model");
  line("needs. Of a model of several inputs it holds the bytes of one after another.");
  line("Values are those of the original network's output: logits where it ended in a");
  line("softmax, which conversion drops.");
  line("");
  line("Options:");
  line("  --top <n>      how many classes to print (default: 5)");
  line("  --mode <mode>  period: a period at once (default), or step: every time step;");
  line("                 the results are equal to the bit");
  line("  --images <n>   how many images standard input holds, raw, one after another");
  line("                 (default: 1)");
  line("  --json         print one JSON document on standard output and nothing else;");
  line("                 its digest is the SHA-256 over the output potentials of all");
  line("                 images");
  line("  -h, --help     print this");
  line("");
  line("Examples:");
  line("  $ wasmtime run --dir . bsnn.wasi.wasm digits.bsnn.gguf < seven.pgm");
  line("  $ wazero run -mount=.:/ bsnn.wasi.wasm digits.bsnn.gguf --json < seven.pgm");
  line("");
  line("Exit codes: 0 done, 2 bad input or usage, 1 a failure inside.");
}
