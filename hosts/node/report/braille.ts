/** Small pictures in a terminal: Braille characters, each two dots wide and four high. */

/** Bit of each dot of a Braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/**
 * Draws a grey image; samples from 96 on are dots.
 * @param pixels width×height samples, row by row; width a multiple of 2, height of 4
 * @returns one string per line of text
 */
export function braille(pixels: Uint8Array, width: number, height: number): string[] {
  const lines: string[] = [];
  for (let top = 0; top < height; top += 4) {
    let line = "";
    for (let left = 0; left < width; left += 2) {
      let dots = 0;
      DOTS.forEach((row, y) => {
        row.forEach((bit, x) => {
          if (pixels[(top + y) * width + left + x] >= 96) dots |= bit;
        });
      });
      line += String.fromCodePoint(0x2800 + dots);
    }
    lines.push(line);
  }
  return lines;
}

/** Puts blocks of equally many lines side by side. */
export function beside(blocks: readonly (readonly string[])[], gap: string): string {
  return blocks[0].map((_, line) => blocks.map((block) => block[line]).join(gap)).join("\n");
}
