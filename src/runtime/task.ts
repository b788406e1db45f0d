/**
 * An independent loop. `run` resolves when the signal was aborted and its work in flight has settled; it rejects only to end the process.
 */
export interface Task {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}
