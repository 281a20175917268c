/** Writes models/digits.bsnn.gguf, the model that the package brings along: digits.onnx converted with drawn digits, as the demo does. */

import { readFile, writeFile } from "node:fs/promises";
import { convert } from "../convert/index.ts";
import { openSimulator } from "../hosts/node/networks/simulator.ts";
import { drawDigits } from "../models/drawn/digits.ts";

const { file } = await convert(await readFile(new URL("../models/digits.onnx", import.meta.url)), {
  name: "digits",
  labels: Array.from({ length: 10 }, (_, digit) => String(digit)),
  preprocessing: { scale: 1 / 255, mean: [0], std: [1], channelOrder: "rgb" },
  simulator: openSimulator,
  calibration: async () => drawDigits(200, 1).map(({ pixels }) => pixels),
});
await writeFile(new URL("../models/digits.bsnn.gguf", import.meta.url), file);
process.exit();
