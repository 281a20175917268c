/** What a report is made of: pictures and tables, each with its numbers. */

/** A cell of a table; null is left empty. */
export type Cell = string | number | null;

/** Numbers with a name for each column. */
export interface Numbers {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** One drawing, as SVG, for wide windows and paper, and for narrow ones. */
export interface Drawing {
  readonly wide: string;
  readonly narrow: string;
}

/** What belongs to one kind of line, dot or shade, drawn small. */
export interface Key {
  readonly name: string;
  /** SVG. */
  readonly sample: string;
}

/** What a picture or table is called. */
export interface Heading {
  /** Of its CSV, without the extension; unique in a report. Letters, digits, `-` and `_`. */
  readonly name: string;
  readonly title: string;
  /** What to see in it, and what must be known to read it. */
  readonly caption?: string;
}

/** A picture. */
export interface Figure extends Heading {
  readonly kind: "figure";
  readonly drawing: Drawing;
  readonly keys: readonly Key[];
  /** The table that stands below it. */
  readonly numbers: Numbers;
  /** What its CSV holds where that is more than the table. */
  readonly csv?: Numbers;
}

/** Numbers that are shown as they are. */
export interface Table extends Heading {
  readonly kind: "table";
  readonly numbers: Numbers;
}

/** A paragraph. */
export interface Paragraph {
  readonly kind: "text";
  readonly text: string;
}

/** A picture of pixels. */
export interface Image {
  readonly kind: "image";
  /** A PNG file. */
  readonly png: Uint8Array;
  /** What it shows. */
  readonly caption: string;
}

export type Part = Figure | Table | Paragraph | Image;

/** A part of a report with a heading of its own. */
export interface Section {
  readonly title: string;
  readonly parts: readonly Part[];
}

/** A table that is shown as it is. */
export function table(spec: Heading & Numbers): Table {
  const { columns, rows, ...heading } = spec;
  return { kind: "table", ...heading, numbers: { columns, rows } };
}

/** A paragraph. */
export function paragraph(text: string): Paragraph {
  return { kind: "text", text };
}

/** A picture of pixels, enlarged without being smoothed. */
export function image(png: Uint8Array, caption: string): Image {
  return { kind: "image", png, caption };
}
