/** How a report looks: on a phone, in the dark, on paper. */

/** Series of Okabe and Ito (2008), lighter in the dark; `firing` and `accumulating` are shades behind drawings. */
const LIGHT = `
  --paper: #fff; --ink: #1b1f24; --faint: #5c6670; --line: #d5dae0; --lift: #f5f7f9;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #cc79a7;
  --series-4: #b37400; --series-5: #56b4e9; --series-6: #1b1f24;
  --spikes: #00528a; --negative: #d55e00; --accumulating: #fdf0d3; --firing: #e2effa;`;

const DARK = `
  --paper: #14181d; --ink: #e4e8ec; --faint: #9aa5b1; --line: #39424c; --lift: #1d232a;
  --series-0: #4aa8e8; --series-1: #f2803c; --series-2: #2ec597; --series-3: #e59cc6;
  --series-4: #e69f00; --series-5: #9ad4f7; --series-6: #e4e8ec;
  --spikes: #7cc4fa; --negative: #ff9a5c; --accumulating: #3b3118; --firing: #1c3348;`;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
@media print { :root { color-scheme: light; ${LIGHT} } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px 64px; max-width: 752px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3em; }
h2 { font-size: 1.25rem; margin: 2.4em 0 .5em; padding-top: .5em; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .35em; }
p { margin: .5em 0 1em; }
a { color: var(--series-0); }
nav { display: flex; flex-wrap: wrap; gap: .2em 1.2em; margin: 1em 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15em 1.2em; margin: 1.2em 0; }
dt { color: var(--faint); }
dd { margin: 0; min-width: 0; }
figure { margin: 1.8em 0; break-inside: avoid; }
figcaption, footer { color: var(--faint); font-size: .875rem; margin: .4em 0; }
img { display: block; width: 160px; image-rendering: pixelated; border: 1px solid var(--line); }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { white-space: pre; font-variant-numeric: tabular-nums; }
svg.narrow { display: none; }
.keys { display: flex; flex-wrap: wrap; gap: .15em 1.2em; margin: .2em 0 .6em; padding: 0; list-style: none; font-size: .875rem; }
.keys li { display: flex; align-items: center; gap: .45em; }
.keys svg { flex: none; }
details { margin: .4em 0; font-size: .875rem; }
summary { cursor: pointer; color: var(--faint); min-height: 1.6em; }
.scroll { width: fit-content; max-width: 100%; overflow-x: auto; max-height: 26em; overflow-y: auto; border: 1px solid var(--line); }
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .7em; text-align: left; vertical-align: top; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--lift); }
td.number { text-align: right; }
td.long { white-space: normal; min-width: 15em; }
@media (max-width: 600px) {
  body { padding-top: 16px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  td.long { min-width: 11em; }
  dd { margin-bottom: .5em; }
  svg.wide { display: none; }
  svg.narrow { display: block; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  nav, details { display: none; }
  svg.wide { display: block; max-height: 225mm; }
  svg.narrow { display: none; }
  h2 { break-after: avoid; }
  .scroll { max-height: none; overflow: visible; }
  .shown table { font-size: 8pt; }
  th, td { white-space: normal; }
  td.number { white-space: nowrap; }
  td.long { min-width: 0; }
  th, td { padding: .1em .4em; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
