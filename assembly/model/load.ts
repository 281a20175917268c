/** The one way from a file's bytes to a checked network. */
import { checkSum } from "./checksum";
import { open } from "./cursor";
import { isPhaseCoded, readHeader } from "./header";
import { Key, numberOf } from "./keys";
import { setPhaseCoded, setPhases } from "../network/network";
import { readPopulations } from "./populations";
import { readProjections } from "./projections";
import { readTensors } from "./tensors";
import { checkBounds } from "./bounds";

/** Reads and checks a model file; false leaves the reason in message.ts. */
export function readModel(file: usize, size: u32): bool {
  open(file, size);
  if (!readHeader()) return false;
  setPhases(numberOf(Key.PHASES));
  setPhaseCoded(isPhaseCoded());
  return readPopulations() && readProjections() && readTensors(file, size) && checkBounds() && checkSum(file, size);
}
