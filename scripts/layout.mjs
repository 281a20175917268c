/**
 * Writes layout/layout.ts, and the same for Python: how the core's records are laid out, and the numbers and names in model files,
 * as the core's sources say. With `--check` it only fails where a file is not up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import assemblyscript from "assemblyscript";

const { newOptions, newProgram, nextFile, NodeKind, parse } = assemblyscript;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const OUT = "layout/layout.ts";
const PYTHON = "hosts/python/src/bsnn/_layout.py";

/** Parsed statements of a source of the core. */
function statementsOf(path) {
  const program = newProgram(newOptions());
  parse(program, readFileSync(join(root, path), "utf8"), path, true);
  // What it imports is not followed.
  while (nextFile(program) !== null);
  return program.sources.find(({ normalizedPath }) => normalizedPath === path).statements;
}

const named = (statements, name) => {
  const found = statements.find((statement) => statement.name?.text === name);
  if (!found) throw new Error(`the core declares no ${name}`);
  return found;
};

const SIZES = { bool: 1, u32: 4, i32: 4, usize: 4 };

/** Bytes of a field: those of a number, or of a reference to another record. */
function sizeOf(type) {
  const size = type.isNullable ? 4 : SIZES[type.name.identifier.text];
  if (!size) throw new Error(`records have no fields of type ${type.name.identifier.text}`);
  return size;
}

/** Fields of a record, in order, and how many u32 lie before each; those that are no u32 are left out. */
function fieldsOf(path, name) {
  let at = 0;
  const fields = [];
  for (const { name: field, type } of named(statementsOf(path), name).members) {
    const size = sizeOf(type);
    at = Math.ceil(at / size) * size;
    if (size === 4) fields.push([field.text, at / 4]);
    at += size;
  }
  return fields;
}

/** Constants of a namespace by name, without the count of them. */
function constantsOf(path, name) {
  return named(statementsOf(path), name)
    .members.flatMap(({ declarations }) => declarations)
    .map((declaration) => [declaration.name.text, Number(i64_low(declaration.initializer.value))])
    .filter(([constant]) => constant !== "COUNT");
}

/** Text of a literal, or of a sum of literals. */
function textOf(node) {
  return node.kind === NodeKind.Binary ? textOf(node.left) + textOf(node.right) : node.value;
}

/** Words of a list that the core holds as one text. */
function wordsOf(path, name) {
  const constants = statementsOf(path).flatMap(({ declarations }) => declarations ?? []);
  return textOf(named(constants, name).initializer).trim().split(" ");
}

const camel = (name) => name.toLowerCase().replace(/_./g, ([, letter]) => letter.toUpperCase());

function enumOf(comment, name, entries) {
  const lines = entries.map(([entry, value]) => `  ${entry} = ${JSON.stringify(value)},\n`);
  return `/** ${comment} */\nexport enum ${name} {\n${lines.join("")}}\n`;
}

/** Words of a namespace in the order of their numbers. */
const ordered = (constants) =>
  [...constants].sort(([, a], [, b]) => a - b).map(([word]) => word.toLowerCase().replaceAll("_", "-"));

function listOf(comment, name, constants) {
  const words = JSON.stringify(ordered(constants)).replaceAll(",", ", ");
  return `/** ${comment} */\nexport const ${name} = ${words} as const;\n`;
}

const upper = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

function pythonClass(comment, name, entries) {
  const lines = entries.map(([entry, value]) => `    ${upper(entry)} = ${value}\n`);
  return `\nclass ${name}:\n    """${comment}"""\n\n${lines.join("")}`;
}

function pythonList(comment, name, words) {
  return `# ${comment}\n${name} = (\n${words.map((word) => `    ${JSON.stringify(word)},\n`).join("")})\n`;
}

const KEYS = "assembly/model/keys.ts";
const POPULATION = "assembly/network/population.ts";
const PROJECTION = "assembly/network/projection.ts";
const keys = constantsOf(KEYS, "Key").map(([name, number]) => [camel(name), number]);
const names = wordsOf(KEYS, "NAMES");

const kinds = constantsOf(POPULATION, "Kind");
const pools = constantsOf(PROJECTION, "Pool");
const populationFields = fieldsOf(POPULATION, "Population");
const projectionFields = fieldsOf(PROJECTION, "Projection");
const ORIGIN = "Written by scripts/layout.mjs from the core's sources, which rule; not to be edited.";
const OF_KINDS = "Neuron models, in the order of their numbers in model files.";
const OF_POOLS = "Poolings, likewise.";
const OF_NAMES = "Names of the keys of a model file";
const OF_KEYS = "Their numbers in the core.";
const OF_POPULATION = "Where in a population's record its fields lie, counted in u32.";
const OF_PROJECTION = "Where in a projection's record its fields lie, counted in u32.";

const files = {
  [OUT]: [
    `/** ${ORIGIN} */\n`,
    listOf(OF_KINDS, "KINDS", kinds),
    listOf(OF_POOLS, "POOLS", pools),
    enumOf(
      `${OF_NAMES}.`,
      "KeyName",
      keys.map(([key, number]) => [key, names[number]]),
    ),
    enumOf(OF_KEYS, "Key", keys),
    enumOf(OF_POPULATION, "PopulationField", populationFields),
    enumOf(OF_PROJECTION, "ProjectionField", projectionFields),
  ],
  [PYTHON]: [
    `"""${ORIGIN}"""\n`,
    pythonList(OF_KINDS, "KINDS", ordered(kinds)),
    pythonList(OF_POOLS, "POOLS", ordered(pools)),
    pythonList(`${OF_NAMES}, by their numbers in the core.`, "KEY_NAMES", names),
    pythonClass(OF_KEYS, "Key", keys),
    pythonClass(OF_POPULATION, "PopulationField", populationFields),
    pythonClass(OF_PROJECTION, "ProjectionField", projectionFields),
  ],
};

/** What a file holds, null where it is not there. */
function written(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return null;
  }
}

for (const [path, parts] of Object.entries(files)) {
  const text = parts.join("\n");
  if (written(path) === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not what the core's sources say: npm run build writes it`);
    process.exit(1);
  }
  writeFileSync(join(root, path), text);
}
