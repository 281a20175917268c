/** Colours of the canvases, read from the page's style so that themes are in one place, and made into tables. */

export type Rgb = readonly [number, number, number];

/** Names are those of the style's custom properties. */
const NAMES = ["ground", "panel", "line", "text", "muted", "accumulate", "fire", "flash", "warn", "negative"] as const;
export type ColourName = (typeof NAMES)[number];

export interface Palette {
  readonly css: Readonly<Record<ColourName, string>>;
  readonly rgb: Readonly<Record<ColourName, Rgb>>;
  /** For pixels, as little-endian RGBA: from the ground to a colour in 256 steps. */
  readonly ramps: Readonly<Record<"accumulate" | "fire" | "done" | "warn" | "input", Uint32Array>>;
}

/** Reads the colours as they are now. */
export function readPalette(root: HTMLElement): Palette {
  const style = getComputedStyle(root);
  const css = {} as Record<ColourName, string>;
  const rgb = {} as Record<ColourName, Rgb>;
  for (const name of NAMES) {
    css[name] = style.getPropertyValue(`--${name}`).trim();
    rgb[name] = parse(css[name]);
  }
  const { ground } = rgb;
  return {
    css,
    rgb,
    ramps: {
      accumulate: ramp(ground, rgb.accumulate, rgb.accumulate),
      fire: ramp(ground, rgb.fire, mix(rgb.fire, rgb.flash, 0.35)),
      done: ramp(ground, mix(ground, rgb.fire, 0.6), mix(ground, rgb.fire, 0.9)),
      warn: ramp(ground, rgb.warn, rgb.warn),
      input: ramp(ground, rgb.text, rgb.text),
    },
  };
}

function parse(colour: string): Rgb {
  const hex = colour.replace("#", "");
  return [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * share)) as unknown as Rgb;
}

export function pack([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Small values are lifted, or most of a map would look empty. */
function ramp(from: Rgb, middle: Rgb, to: Rgb): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const share = (i / 255) ** 0.55;
    return pack(share < 0.7 ? mix(from, middle, share / 0.7) : mix(middle, to, (share - 0.7) / 0.3));
  });
}

/** Mixes a packed colour towards another. */
export function towards(packed: number, to: Rgb, share: number): number {
  return pack(mix([packed & 255, (packed >>> 8) & 255, (packed >>> 16) & 255], to, share));
}
