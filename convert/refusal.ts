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

/** All problems in one error (`unsupported`), one line each. */
export function unsupported(problems: readonly Problem[]): ConversionError {
  const details = problems.map(({ node, op, reason }) => `${op ? `${op} '${node}'` : node}: ${reason}`);
  const what = problems.length === 1 ? "one thing is" : `${problems.length} things are`;
  return new ConversionError("unsupported", `the model cannot be converted; ${what} not supported:`, { details });
}
