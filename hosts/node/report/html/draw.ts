/** Drawings by Observable Plot, as SVG text: made when the report is written, so that reading it needs no script. */

import * as Plot from "@observablehq/plot";
import { DOMImplementation, XMLSerializer } from "@xmldom/xmldom";
import { plainLines } from "../plain.ts";
import type { Drawing } from "./parts.ts";

/** Widths in pixels, of a laptop's column and of a phone's. */
const WIDE = 720;
const NARROW = 344;

/** A document for the library to make elements of. */
const document = new DOMImplementation().createDocument("http://www.w3.org/1999/xhtml", "html") as unknown as Document;
const serializer = new XMLSerializer();

/** Attributes that say where something lies. */
const POSITIONS = / (?:d|[cr]?[xy][12]?|width|height|transform)="[^"]*"/g;

/** One drawing as SVG. Colours are the page's (`series`, `shade`), so that they follow its light. */
export function svg(options: Plot.PlotOptions): string {
  const drawn = Plot.plot({ ...options, document, className: "plot" });
  // The page has one style for all.
  for (const style of Array.from(drawn.getElementsByTagName("style"))) drawn.removeChild(style);
  for (const name of ["font-family", "font-size"]) drawn.removeAttribute(name);
  // Digits beyond a hundredth of a pixel only make files long.
  const short = (digits: string): string => String(Number(Number(digits).toFixed(2)));
  return plainLines(serializer.serializeToString(drawn as never)).replace(POSITIONS, (places) =>
    places.replace(/\d+\.\d{3,}/g, short),
  );
}

/** A drawing in both widths. */
export function drawing(options: (width: number) => Plot.PlotOptions): Drawing {
  const [wide, narrow] = [WIDE, NARROW].map((width) => svg({ width, ...options(width) }));
  return { wide, narrow };
}

/** A mark drawn by a function that is given the scales and makes SVG elements. */
export function custom(draw: (scales: Plot.ScaleFunctions, make: Make) => SVGElement[]): Plot.Markish {
  return (_index, scales) => {
    const group = make("g", {});
    for (const element of draw(scales, make)) group.appendChild(element);
    return group;
  };
}

export type Make = typeof make;

/** An element of a drawing. */
function make(tag: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

/** A small drawing of `width`×12 pixels for a key, in coordinates 0…1. */
export function sample(marks: Plot.Markish[], width = 30): string {
  const unit = { domain: [0, 1], axis: null };
  return svg({ width, height: 12, margin: 0, x: unit, y: unit, marks });
}
