/** What a person draws, as samples of a network: centred and scaled as MNIST's digits were, the same on every machine. */

/** A stroke: x and y in turn, in units of the pad's edge, 0…1. */
export type Stroke = readonly number[];

/** Edge of the box that a digit fills, of 28; the rest is margin, as in MNIST. */
const BOX = 20 / 28;

/** Radius of the pen and softness of its edge, of 28. */
const RADIUS = 1.15 / 28;
const SOFT = 1.4 / 28;

/** A drawing is made larger at most so many times, or a dot would fill the pad. */
const MOST_GROWTH = 3.5;

interface Grey {
  readonly width: number;
  readonly height: number;
  /** Light on dark, 0…1, row by row. */
  readonly ink: Float32Array;
}

/** Draws lines on a map: what of each pixel is covered, by its distance to the nearest line. */
function draw(strokes: readonly Stroke[], width: number, height: number, scale: number): Grey {
  const ink = new Float32Array(width * height);
  const radius = RADIUS * scale;
  const soft = SOFT * scale;
  const reach = radius + soft / 2;
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i += 2) {
      const [ax, ay] = [stroke[i], stroke[i + 1]];
      // A stroke of one point is a dot.
      const next = stroke.length === 2 ? 0 : 2;
      if (i + next + 1 >= stroke.length) break;
      const [bx, by] = [stroke[i + next], stroke[i + next + 1]];
      const top = Math.max(0, Math.floor(Math.min(ay, by) - reach));
      const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach));
      const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
      const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach));
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const distance = toSegment(x + 0.5, y + 0.5, ax, ay, bx, by);
          const cover = Math.max(0, Math.min(1, (reach - distance) / soft));
          if (cover > ink[y * width + x]) ink[y * width + x] = cover;
        }
      }
    }
  }
  return { width, height, ink };
}

function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** Box around points. */
function boundsOf(strokes: readonly Stroke[]): { left: number; top: number; right: number; bottom: number } | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes) {
    for (let i = 0; i + 1 < stroke.length; i += 2) {
      left = Math.min(left, stroke[i]);
      right = Math.max(right, stroke[i]);
      top = Math.min(top, stroke[i + 1]);
      bottom = Math.max(bottom, stroke[i + 1]);
    }
  }
  return left <= right ? { left, top, right, bottom } : null;
}

/** Where the ink of a map is centred. */
function centreOfMass({ width, height, ink }: Grey): { x: number; y: number; sum: number } {
  let [x, y, sum] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = ink[row * width + column];
      sum += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  return sum > 0 ? { x: x / sum, y: y / sum, sum } : { x: width / 2, y: height / 2, sum };
}

/**
 * Samples of a drawing: its box is scaled to that of MNIST's digits, the pen stays as wide as theirs, and the centre of its ink comes to
 * the middle.
 * @param strokes in units of the pad's edge
 * @returns size×size grey samples, light on dark
 */
export function samplesOfStrokes(strokes: readonly Stroke[], size: number): Uint8Array {
  const bounds = boundsOf(strokes);
  if (!bounds) return new Uint8Array(size * size);
  const extent = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top);
  const growth = Math.min(MOST_GROWTH, (BOX - 2 * RADIUS) / Math.max(extent, 1e-6));
  const scaled = (shiftX: number, shiftY: number) =>
    strokes.map((stroke) =>
      stroke.map((value, i) =>
        i % 2 === 0
          ? ((value - (bounds.left + bounds.right) / 2) * growth + 0.5) * size + shiftX
          : ((value - (bounds.top + bounds.bottom) / 2) * growth + 0.5) * size + shiftY,
      ),
    );
  const { x, y } = centreOfMass(draw(scaled(0, 0), size, size, size));
  const { ink } = draw(scaled(size / 2 - x, size / 2 - y), size, size, size);
  return Uint8Array.from(ink, (value) => Math.round(255 * value));
}

/**
 * Samples of a picture of a digit: light on dark whichever it was, stretched in contrast, its box scaled to that of MNIST's digits and
 * the centre of its ink moved to the middle.
 * @param grey width×height samples, row by row
 * @returns size×size samples, light on dark
 */
export function samplesOfPicture(
  grey: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  size: number,
): Uint8Array {
  const ink = inkOf(grey, width, height);
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] < 0.15) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < left) return new Uint8Array(size * size);
  const extent = Math.max(right - left + 1, bottom - top + 1);
  const target = Math.round(BOX * size);
  const step = extent / target;
  const wide = (right - left + 1) / step;
  const high = (bottom - top + 1) / step;
  const place = (shiftX: number, shiftY: number) =>
    resample(
      { width, height, ink },
      size,
      step,
      left - (shiftX + (size - wide) / 2) * step,
      top - (shiftY + (size - high) / 2) * step,
    );
  const centred = place(0, 0);
  const { x, y } = centreOfMass(centred);
  // Whole pixels, as MNIST was made: a digit that is centred already stays as it is.
  const moved = place(Math.round(size / 2 - x), Math.round(size / 2 - y));
  return Uint8Array.from(moved.ink, (value) => Math.round(255 * value));
}

/** Ink of a picture, 0…1: what differs from its border by more than the border from itself, stretched so that the strongest is 1. */
function inkOf(grey: Uint8Array | Uint8ClampedArray, width: number, height: number): Float32Array {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(grey[x], grey[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) border.push(grey[y * width], grey[y * width + width - 1]);
  const ground = middle(border, 0.5);
  // Paper in uneven light, and noise.
  const uneven =
    1.5 *
    middle(
      border.map((value) => Math.abs(value - ground)),
      0.9,
    );
  const light = ground < 128;
  const difference = Float32Array.from(grey, (value) =>
    Math.max(0, (light ? value - ground : ground - value) - uneven),
  );
  const most = difference.reduce((largest, value) => Math.max(largest, value), 0);
  if (most < 16) return new Float32Array(grey.length);
  return difference.map((value) => value / most);
}

/** What a share of some values is not above. */
function middle(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}

/** A size×size map of which each pixel is the mean of `step`×`step` pixels of another, from (left, top) on. */
function resample({ width, height, ink }: Grey, size: number, step: number, left: number, top: number): Grey {
  const rows = axis(size, step, top, height);
  const columns = axis(size, step, left, width);
  const out = new Float32Array(size * size);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      let sum = 0;
      for (const [sy, wy] of row) for (const [sx, wx] of column) sum += wy * wx * ink[sy * width + sx];
      out[y * size + x] = Math.min(1, sum);
    });
  });
  return { width: size, height: size, ink: out };
}

/** For each place of the result: which places of the source it covers, and how much; bilinear where it grows. */
function axis(size: number, step: number, start: number, length: number): [number, number][][] {
  return Array.from({ length: size }, (_, i) => {
    const found: [number, number][] = [];
    const add = (at: number, weight: number) => {
      if (at >= 0 && at < length && weight > 1e-6) found.push([at, weight]);
    };
    if (step < 1) {
      const centre = start + (i + 0.5) * step - 0.5;
      const at = Math.floor(centre);
      add(at, 1 - (centre - at));
      add(at + 1, centre - at);
      return found;
    }
    const from = start + i * step;
    for (let at = Math.floor(from); at < from + step; at++) {
      add(at, (Math.min(at + 1, from + step) - Math.max(at, from)) / step);
    }
    return found;
  });
}
