/**
 * Writes layout/layout.ts: how the core's records are laid out, and the numbers and names in model files, as the core's sources
 * say. With `--check` it only fails where the file is not up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import assemblyscript from "assemblyscript";

const { newOptions, newProgram, nextFile, NodeKind, parse } = assemblyscript;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const OUT = "layout/layout.ts";

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

function listOf(comment, name, constants) {
  const words = [...constants].sort(([, a], [, b]) => a - b).map(([word]) => word.toLowerCase().replaceAll("_", "-"));
  return `/** ${comment} */\nexport const ${name} = ${JSON.stringify(words).replaceAll(",", ", ")} as const;\n`;
}

const KEYS = "assembly/model/keys.ts";
const POPULATION = "assembly/network/population.ts";
const PROJECTION = "assembly/network/projection.ts";
const keys = constantsOf(KEYS, "Key").map(([name, number]) => [camel(name), number]);
const names = wordsOf(KEYS, "NAMES");

const text = [
  "/** Written by scripts/layout.mjs from the core's sources, which rule; not to be edited. */\n",
  listOf("Neuron models, in the order of their numbers in model files.", "KINDS", constantsOf(POPULATION, "Kind")),
  listOf("Poolings, likewise.", "POOLS", constantsOf(PROJECTION, "Pool")),
  enumOf(
    "Names of the keys of a model file.",
    "KeyName",
    keys.map(([key, number]) => [key, names[number]]),
  ),
  enumOf("Their numbers in the core.", "Key", keys),
  enumOf(
    "Where in a population's record its fields lie, counted in u32.",
    "PopulationField",
    fieldsOf(POPULATION, "Population"),
  ),
  enumOf(
    "Where in a projection's record its fields lie, counted in u32.",
    "ProjectionField",
    fieldsOf(PROJECTION, "Projection"),
  ),
].join("\n");

/** What the file holds, null where it is not there. */
function written() {
  try {
    return readFileSync(join(root, OUT), "utf8");
  } catch {
    return null;
  }
}

if (written() !== text) {
  if (process.argv.includes("--check")) {
    console.error(`${OUT} is not what the core's sources say: npm run build writes it`);
    process.exit(1);
  }
  writeFileSync(join(root, OUT), text);
}
