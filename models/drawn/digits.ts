/** Digits drawn with vector strokes: images for the demo that need no download. */

import { Random } from "./random.ts";

/** Edge length of a drawn digit in pixels. */
export const SIZE = 28;

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** Points of an elliptic arc around (cx, cy); angles in degrees, 0 to the right, 90 down. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Point[] {
  const pieces = Math.max(4, Math.ceil(Math.abs(to - from) / 15));
  return Array.from({ length: pieces + 1 }, (_, i): Point => {
    const angle = ((from + ((to - from) * i) / pieces) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** The ways each digit is written, in a box of width and height 1 with y downwards. */
const GLYPHS: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.33, 0.48, -90, 270)]],
  [
    [
      [
        [0.5, 0.02],
        [0.5, 0.98],
      ],
    ],
    [
      [
        [0.34, 0.2],
        [0.52, 0.03],
        [0.52, 0.98],
      ],
    ],
  ],
  [[[...arc(0.49, 0.29, 0.3, 0.27, 190, 395), [0.45, 0.72], [0.17, 0.96], [0.86, 0.96]]]],
  [
    [
      [...arc(0.46, 0.27, 0.29, 0.24, 205, 430), [0.44, 0.49]],
      [[0.44, 0.49], ...arc(0.45, 0.72, 0.33, 0.24, -75, 155)],
    ],
  ],
  [
    [
      [
        [0.3, 0.03],
        [0.16, 0.58],
        [0.86, 0.58],
      ],
      [
        [0.7, 0.2],
        [0.68, 0.98],
      ],
    ],
    [
      [
        [0.68, 0.98],
        [0.68, 0.02],
        [0.13, 0.66],
        [0.9, 0.66],
      ],
    ],
  ],
  [[[[0.82, 0.04], [0.3, 0.05], [0.25, 0.44], ...arc(0.46, 0.68, 0.32, 0.28, -110, 150)]]],
  [[[[0.68, 0.03], [0.47, 0.2], [0.3, 0.45], ...arc(0.5, 0.71, 0.29, 0.26, 180, 540)]]],
  [
    [
      [
        [0.14, 0.06],
        [0.84, 0.06],
        [0.6, 0.5],
        [0.44, 0.98],
      ],
    ],
  ],
  [[arc(0.5, 0.27, 0.25, 0.23, 90, 450), arc(0.5, 0.74, 0.31, 0.24, -90, 270)]],
  [[[...arc(0.47, 0.29, 0.28, 0.26, 0, -360), [0.74, 0.55], [0.66, 0.98]]]],
];

/** Distance from (x, y) to the segment a–b. */
function distanceToSegment(x: number, y: number, a: Point, b: Point): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}

/** A map of the unit box to pixels around (0, 0): slant, rotation, scale and a slight bend, all drawn from `random`. */
function handwriting(random: Random): (point: Point) => Point {
  const height = random.uniform(15.5, 20.5);
  const width = height * random.uniform(0.65, 1);
  const slant = random.uniform(-0.2, 0.4);
  const angle = random.uniform(-0.2, 0.2);
  const bendX = random.bell(0.2);
  const bendY = random.bell(0.2);
  return ([px, py]) => {
    const x0 = px - 0.5;
    const y0 = py - 0.5;
    const x1 = (x0 - slant * y0 + bendX * (y0 * y0 - 0.1)) * width;
    const y1 = (y0 + bendY * (x0 * x0 - 0.05)) * height;
    return [x1 * Math.cos(angle) - y1 * Math.sin(angle), x1 * Math.sin(angle) + y1 * Math.cos(angle)];
  };
}

/** Moves points so that they keep `margin` pixels from the border, up to two pixels off the centre. */
function place(strokes: readonly Stroke[], margin: number, random: Random): Stroke[] {
  const shift = ([0, 1] as const).map((axis) => {
    const values = strokes.flat().map((point) => point[axis]);
    const least = margin - Math.min(...values);
    const greatest = SIZE - margin - Math.max(...values);
    const centre = (least + greatest) / 2;
    const reach = Math.min(2, Math.max(0, (greatest - least) / 2));
    return centre + random.uniform(-reach, reach);
  });
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [x + shift[0], y + shift[1]]));
}

/**
 * Draws one digit, light on dark, antialiased.
 * @param digit 0…9
 * @param random decides slant, rotation, width of the stroke, scale, shift, jitter and, where there are several, the way it is written
 * @returns 28×28 grey samples, 0…255, row by row
 */
export function drawDigit(digit: number, random: Random): Uint8Array {
  const ways = GLYPHS[digit];
  if (ways === undefined) throw new RangeError(`digit is ${digit}, expected 0…9`);
  const strokes = ways[Math.floor(random.uniform(0, ways.length))];
  const toPixels = handwriting(random);
  const radius = random.uniform(0.7, 1.9);
  const written = strokes.map((stroke) =>
    stroke.map(([x, y]) => toPixels([x + random.bell(0.025), y + random.bell(0.025)])),
  );
  const drawn = place(written, radius + 1.25, random);
  const pixels = new Uint8Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      let distance = Number.POSITIVE_INFINITY;
      for (const stroke of drawn) {
        for (let i = 1; i < stroke.length; i++) {
          distance = Math.min(distance, distanceToSegment(x + 0.5, y + 0.5, stroke[i - 1], stroke[i]));
        }
      }
      // The edge is one and a half pixels wide, as soft as that of scanned ink.
      pixels[y * SIZE + x] = Math.round(255 * Math.max(0, Math.min(1, (radius + 0.75 - distance) / 1.5)));
    }
  }
  return pixels;
}

export interface DrawnDigit {
  readonly digit: number;
  /** 28×28 grey samples, row by row. */
  readonly pixels: Uint8Array;
}

/** Draws `count` digits, 0 to 9 in turn; the same seed gives the same images. */
export function drawDigits(count: number, seed: number): DrawnDigit[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({ digit: i % 10, pixels: drawDigit(i % 10, random) }));
}
