/** Calls `exit` after `afterMs` unless the process has ended by then; does not keep it alive. */
export function lastResort(afterMs: number, exit: () => void): void {
  setTimeout(exit, afterMs).unref();
}
