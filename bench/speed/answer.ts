/** A program that measures is a process of its own: its plan is a JSON file, its result goes back as a message. */
import { readFileSync } from "node:fs";

/** Runs the program's work with its plan, reports what it returns and ends the process. */
export async function answer<Plan, Result>(work: (plan: Plan) => Promise<Result>): Promise<void> {
  const plan = JSON.parse(readFileSync(process.argv[2], "utf8")) as Plan;
  const result = await work(plan);
  process.send!(result, () => process.exit(0));
}
