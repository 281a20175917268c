/** A route that Node runs. */
import { readFile } from "node:fs/promises";
import { answers } from "../answers.js";

export const dynamic = "force-dynamic";

export async function GET() {
  return new Response(await answers(await readFile("public/digits.bsnn.gguf")).catch(String));
}
