/** How the command's parts refuse what a user gave. */

import assert from "node:assert/strict";
import { InputError } from "../../../hosts/node/report/failure.ts";

/** The message with which something is refused as bad input; fails where it is not. */
export async function inputRefusal(result: Promise<unknown>): Promise<string> {
  const error: unknown = await result.then(
    () => assert.fail("it was accepted"),
    (reason) => reason,
  );
  assert.ok(error instanceof InputError);
  return (error as Error).message;
}
