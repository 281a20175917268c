/** How parts of a graph that cannot be expressed are told, all in one error. */

import { ConversionError } from "./errors.ts";

/** Why something of the graph cannot be expressed. */
export interface Problem {
  /** Name of the node, or what else of the model it is. */
  readonly node: string;
  /** The operator; empty where it is no node. */
  readonly op: string;
  /** What was found, and what is accepted instead. */
  readonly reason: string;
}

/** Thrown by an operator that cannot be expressed; becomes a `Problem` of its node. */
export class Refusal extends Error {}

/** Problems that a message tells, and characters of each: a model may have any number of nodes, and names of any length. */
const MOST_TOLD = 32;
const MOST_CHARACTERS = 2000;

const short = (text: string): string => (text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`);

/** All problems in one error (`unsupported`), one line each; of very many the first, and how many more there are. */
export function unsupported(problems: readonly Problem[]): ConversionError {
  const details = problems
    .slice(0, MOST_TOLD)
    .map(({ node, op, reason }) => short(`${op ? `${op} '${node}'` : node}: ${reason}`));
  const more = problems.length - details.length;
  if (more > 0) details.push(`and ${more} more`);
  const what = problems.length === 1 ? "one thing is" : `${problems.length} things are`;
  return new ConversionError("unsupported", `the model cannot be converted; ${what} not supported:`, { details });
}
