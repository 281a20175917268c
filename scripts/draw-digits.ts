/**
 * Writes drawn digits as two .npy files, samples N×28×28 and labels N, to measure the digits model on.
 *
 *     node --import tsx scripts/draw-digits.ts 50 7 digits.npy labels.npy
 */

import { writeFileSync } from "node:fs";
import { dump } from "npyjs";
import { drawDigits, SIZE } from "../models/drawn/digits.ts";

const [count, seed, samples, labels] = process.argv.slice(2);
const drawn = drawDigits(Number(count), Number(seed));
const pixels = Uint8Array.from(drawn.flatMap((digit) => [...digit.pixels]));
writeFileSync(samples, new Uint8Array(dump(pixels, [drawn.length, SIZE, SIZE])));
writeFileSync(
  labels,
  new Uint8Array(
    dump(
      Uint8Array.from(drawn, ({ digit }) => digit),
      [drawn.length],
    ),
  ),
);
