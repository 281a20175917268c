/**
 * Converts graphs of every operator in every shape, each twice as long as the one before, and prints what becomes of them:
 *
 *   npm run growth -- [OPERATOR…] [--shapes chain,fan] [--from 250] [--doublings 3] [--most SECONDS]
 *
 * It fails where processor time grows by more than LIMIT from one length to the next while it is more than a second. A shape that takes
 * longer than --most for one graph is not tried longer.
 */

import { parseArgs } from "node:util";
import { ConversionError, convert } from "../../convert/index.ts";
import { growing, SHAPES, USES } from "../support/convert/growing.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shapes: { type: "string" },
    from: { type: "string" },
    doublings: { type: "string" },
    most: { type: "string" },
  },
});
const operators = positionals.length > 0 ? positionals : Object.keys(USES);
const shapes = values.shapes?.split(",") ?? Object.keys(SHAPES);
const from = Number(values.from ?? 250);
const doublings = Number(values.doublings ?? 3);
const most = Number(values.most ?? 20);
if (operators.some((op) => !(op in USES)) || shapes.some((shape) => !(shape in SHAPES)) || !(from > 0 && most > 0)) {
  console.error(`usage: npm run growth -- [${Object.keys(USES).join("|")}]…`);
  console.error(`  [--shapes ${Object.keys(SHAPES).join(",")}] [--from N] [--doublings N] [--most SECONDS]`);
  process.exit(2);
}

/** Twice the length in four times the time is quadratic. */
const LIMIT = 3;

/** Processor time, s, and what came of it. */
async function converted(model: Uint8Array): Promise<{ seconds: number; outcome: string }> {
  const begin = process.cpuUsage();
  let outcome = "converted";
  try {
    await convert(model, {
      calibration: async ({ height, width, channels }) => [
        new Uint8Array(height * width * channels).map((_, k) => (k * 37) % 256),
      ],
    });
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    outcome = error.message;
  }
  const { user, system } = process.cpuUsage(begin);
  return { seconds: (user + system) / 1e6, outcome };
}

let failed = false;
await converted(growing(USES.Relu, "chain", 1));
for (const operator of operators) {
  for (const shape of shapes) {
    const times: number[] = [];
    let told = "";
    for (let k = 0; k <= doublings; k++) {
      const { seconds, outcome } = await converted(growing(USES[operator], shape, from * 2 ** k));
      times.push(seconds);
      told = outcome;
      if (seconds > most) break;
    }
    const ratios = times.slice(1).map((time, k) => time / times[k]);
    const odd = times.some((time, k) => time > 1 && k > 0 && ratios[k - 1] > LIMIT);
    failed ||= odd;
    const line = [
      operator.padEnd(20),
      shape.padEnd(13),
      times.map((time) => time.toFixed(2).padStart(7)).join(""),
      `  x ${ratios.map((ratio) => ratio.toFixed(1)).join(" ")}`.padEnd(16),
      odd ? "  GROWS " : "  ",
      told.replaceAll("\n", " ").slice(0, 100),
    ];
    console.log(line.join(""));
  }
}
process.exitCode = failed ? 1 : 0;
