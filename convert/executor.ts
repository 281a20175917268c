/** Who executes graphs of ONNX for a conversion: this thread, or one that its host has beside it. */

/** Values of a tensor of a graph. */
export interface GraphTensor {
  readonly name: string;
  /** Type of its elements, as onnxruntime names it. */
  readonly type: string;
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: unknown;
}

/** A graph to execute. */
export interface ExecutedGraph {
  /** An ONNX model. */
  readonly bytes: Uint8Array;
  /** Its large constants, which the bytes name by their paths. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly optimization: "disabled" | "all";
}

/** Executes one graph at a time. What it is asked for it does in that order, without waiting for who asks to have the answers. */
export interface Executor {
  /** Makes a graph the one that is run from now on, instead of the one before. Rejects where it does not load. */
  open(graph: ExecutedGraph): Promise<void>;
  /**
   * Runs the graph.
   * @param given tensors of floats; those that it has no input for are left out
   * @param wanted names of its outputs
   */
  run(given: readonly GraphTensor[], wanted: readonly string[]): Promise<readonly GraphTensor[]>;
  /** Releases the graph. */
  release(): Promise<void>;
}

/** An executor in a thread of its own, which gives the same bits as `openExecutor` does. */
export interface ThreadExecutor extends Executor {
  /** Ends the thread at once; what has not been answered rejects. */
  close(): Promise<void>;
}

/** What is to be executed, for a host to decide by whether a thread pays. */
export interface ExecutedWork {
  /** Weights of the network, which the thread holds once more. */
  readonly weights: number;
  /** Multiply-accumulates of one pass over all calibration inputs. */
  readonly macs: number;
}
