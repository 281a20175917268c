/**
 * Reports: one HTML file each, with pictures whose numbers stand below them.
 *
 *     const sections = [{ title: "Accuracy", parts: [
 *       lineChart({
 *         name: "top1", title: "Top-1 against time steps",
 *         x: { label: "time steps", log: 2 }, y: { label: "top-1", percent: true },
 *         series: [{ name: "bistable", points: [[80, 0.94], [140, 0.94]] }],
 *         rules: [{ axis: "y", value: 0.94, label: "ANN" }],
 *       }),
 *     ] }];
 *     await writeReport("REPORT.html", { title: "resnet20", sections });
 *     await writeCsv("numbers/", sections);
 *
 * `name` is that of the part's CSV and must be unique; `caption` says how to read it. Parts: `lineChart` (lines, stairs, dots, with
 * shaded stretches and rules), `bars`, `scatter`, `heatmap`, `panels` (many small heat maps), `raster`,
 * `table`, `image`, `paragraph`. Series are told apart by
 * their place in the list: seven colours, each with a dash and a symbol of its own, then again with others.
 */

import { writeOutput } from "../output-file.ts";
import { type PageSpec, page } from "./page.ts";

export { bars, lineChart, scatter } from "./charts.ts";
export { checkFolder, csv, writeCsv } from "./csv.ts";
export { heatmap } from "./heatmap.ts";
export { type PageSpec, page } from "./page.ts";
export { panels } from "./panels.ts";
export { type Figure, image, type Numbers, type Part, paragraph, type Section, table } from "./parts.ts";
export { raster } from "./raster.ts";

/**
 * Writes a report in one piece.
 * @throws InputError naming the path where it cannot be written
 */
export async function writeReport(path: string, spec: PageSpec): Promise<void> {
  await writeOutput(path, new TextEncoder().encode(page(spec)));
}
