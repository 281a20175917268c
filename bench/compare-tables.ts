/** What a comparison found, as the tables of docs/paper.md: no number there is typed. */

interface Reached {
  readonly steps: number;
  readonly spikes: number;
  readonly synapticOperations: number;
  readonly ms: number;
}

interface Point {
  readonly step: number;
  readonly agreement: number;
  readonly logitsRelativeError: number;
  readonly bitsPerNeuron: number;
}

interface Reach {
  readonly minus1: Reached | null;
  readonly minusHalf: Reached | null;
  readonly agreement99: Reached | null;
}

interface Setting {
  readonly label: string;
  readonly chosen: boolean;
  readonly images: number;
  readonly curve: readonly Point[];
  readonly reach: Reach;
}

interface Method {
  readonly name: string;
  readonly title: string;
  readonly curve: readonly Point[];
  readonly reach: Reach;
  readonly settings: readonly Setting[];
}

interface Layer {
  readonly inactivatedSpiking: number;
  readonly spikesOfInactivated: number;
}

/** What `bsnn compare --json` prints, as far as it is shown. */
export interface Document {
  readonly images: number;
  readonly imagesBeside: number;
  readonly annTop1: number;
  readonly steps: number;
  readonly layerImages: number;
  readonly methods: readonly Method[];
  readonly layers: Readonly<Record<string, readonly Layer[]>>;
  readonly claims: readonly { readonly claim: string; readonly holds: boolean | null; readonly found: string }[];
}

/** The Markdown of one network. */
export function markdownOf(name: string, document: Document): string {
  const { images, imagesBeside, annTop1, steps, methods, claims } = document;
  const beside = methods.filter(({ settings }) => settings.some(({ chosen }) => !chosen));
  return [
    `**${name}**, ${images} test images, original ${percent(annTop1)}, runs of ${steps} steps:`,
    table(
      ["method", "steps to −1 point", "to −0.5 points", "to 99 % agreement", ...COSTS, "least logits error"],
      methods.map(({ title, reach, curve }) => [title, ...reachOf(reach), ...costsOf(reach), leastError(curve)]),
    ),
    ...(beside.length === 0
      ? []
      : [
          `Thresholds of integrate-and-fire neurons: those that were better on calibration images, as above, and the others, on ${imagesBeside} images.`,
          table(
            [
              "method",
              "thresholds",
              "images",
              "to −1 point",
              "to −0.5 points",
              "to 99 % agreement",
              "least logits error",
            ],
            beside.flatMap(({ title, settings }) =>
              settings.map((own) => [
                title,
                own.label,
                String(own.images),
                ...reachOf(own.reach),
                leastError(own.curve),
              ]),
            ),
          ),
        ]),
    "What is claimed, as a ratio of ours to theirs (✓ holds, ✗ fails, ? cannot be told; < where theirs had not arrived when its run ended):",
    claimsTable(claims),
    [...claims.filter((claim) => !partsOf(claim)).map(sentence), ...factsOf(document)]
      .map((fact) => `- ${fact}`)
      .join("\n"),
    inactivatedTable(document),
  ].join("\n\n");
}

type Claim = Document["claims"][number];

/** What is compared, and with whom; null of claims that are no ratio. */
function partsOf({ claim }: Claim): { what: string; opponent: string } | null {
  const parts = claim.match(/^(.*? (?:to −0\.5 of|agreement than)) (.*)$/);
  return parts && { what: parts[1].replace(/ (?:of|than)$/, ""), opponent: parts[2] };
}

const sentence = ({ claim, holds, found }: Claim): string => `${verdict(holds)} ${claim}: ${found}`;

const verdict = (holds: boolean | null): string => (holds === null ? "?" : holds ? "✓" : "✗");

function ratioOf(found: string): string {
  const ratio = found.match(/: ([\d.e+-]+)(?:,|$)/);
  if (ratio) return ratio[1];
  const open = found.match(/^([\d.e+]+) against more than ([\d.e+]+)/);
  return open ? `< ${Number((Number(open[1]) / Number(open[2])).toPrecision(3))}` : "";
}

/** A row for each opponent, a column for what is compared. */
function claimsTable(claims: readonly Claim[]): string {
  const told = claims.flatMap((claim) => {
    const parts = partsOf(claim);
    return parts ? [{ ...parts, text: `${verdict(claim.holds)} ${ratioOf(claim.found)}`.trim() }] : [];
  });
  const columns = [...new Set(told.map(({ what }) => what))];
  const opponents = [...new Set(told.map(({ opponent }) => opponent))];
  return table(
    ["against", ...columns],
    opponents.map((name) => [
      name,
      ...columns.map((column) => told.find(({ what, opponent }) => what === column && opponent === name)?.text ?? ""),
    ]),
  );
}

const COSTS = ["spikes", "operations", "ms"];

const steps = (reached: Reached | null): string => (reached ? String(reached.steps) : "–");
const reachOf = ({ minus1, minusHalf, agreement99 }: Reach): string[] => [minus1, minusHalf, agreement99].map(steps);
const count = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function costsOf({ minusHalf }: Reach): string[] {
  if (!minusHalf) return ["–", "–", "–"];
  const { spikes, synapticOperations, ms } = minusHalf;
  return [count(spikes), `${count(synapticOperations / 1e6)} M`, count(ms)];
}

function leastError(curve: readonly Point[]): string {
  return percent(Math.min(...curve.map(({ logitsRelativeError }) => logitsRelativeError)));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Numbers of the text. */
function factsOf({ methods, claims }: Document): string[] {
  const of = (name: string) => methods.find((method) => method.name === name);
  const facts: string[] = [];
  const presentations = of("presentations")?.curve;
  if (presentations) {
    const errors = presentations.map(({ logitsRelativeError }) => logitsRelativeError);
    const ratio = errors.at(-1)! / errors[0];
    facts.push(
      `logits error after ${errors.length} presentations ${ratio.toFixed(2)} of that after one: ${errors.map(percent).join(", ")}`,
    );
  }
  const last = of("no-synchronous")?.curve.at(-1);
  if (last) {
    facts.push(
      `without synchronous neurons after ${last.step} steps: agreement ${percent(last.agreement)}, logits error ${percent(last.logitsRelativeError)}`,
    );
  }
  const held = claims.filter(({ holds }) => holds).length;
  const failed = claims.filter(({ holds }) => holds === false).length;
  facts.push(`claims: ${held} hold, ${failed} fail, ${claims.length - held - failed} cannot be told`);
  return facts;
}

/** What neurons do that the original keeps at zero: of each method the population where they do most. */
function inactivatedTable({ methods, layers, layerImages }: Document): string {
  const rows = Object.entries(layers).map(([name, populations]) => {
    const most = (value: (layer: Layer) => number) => percent(Math.max(...populations.map(value)));
    const title = methods.find((method) => method.name === name)?.title ?? name;
    return [title, most((layer) => layer.inactivatedSpiking), most((layer) => layer.spikesOfInactivated)];
  });
  const head = ["neurons that should be silent", "spike", "share of all spikes"];
  return `${table(head, rows)}\n\n(At most in a population; ${layerImages} images.)`;
}
