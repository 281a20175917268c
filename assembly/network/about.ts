/** Messages about one population or projection. */
import { fail, say, sayName, sayNumber, start } from "../message/message";
import { population } from "./network";
import { Population } from "./population";
import { Projection } from "./projection";

/** Appends a reference to a population. */
export function sayPopulation(p: Population): void {
  sayNumber(p.index);
  say(" ");
  sayName(p.name, p.nameSize);
}

/** Starts a message about a population: its number and name; false. */
export function aboutPopulation(p: Population, text: string): bool {
  start("population ");
  sayPopulation(p);
  say(": ");
  return fail(text);
}

/** Starts a message about a projection: its number, source and target; false. */
export function aboutProjection(q: Projection, text: string): bool {
  start("projection ");
  sayNumber(q.index);
  say(" (");
  sayPopulation(population(q.source));
  say(" → ");
  sayPopulation(population(q.target));
  say("): ");
  return fail(text);
}
