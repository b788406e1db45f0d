import { exitCodes } from '../domain/errors.ts';

/** Calls `exit` after `afterMs` unless the process has ended by then; does not keep it alive. */
export function lastResort(afterMs: number, exit: () => void): void {
  setTimeout(exit, afterMs).unref();
}

/**
 * How a process ends that was told to stop and does not: a bot was stopped on request all the same, any other command has not done what it was asked
 * for. `argv`: node, script, words.
 */
export function lastResortCode(argv: readonly string[]): number {
  const [, , command = 'run'] = argv;
  return command === 'run' ? exitCodes.stopped : exitCodes.defect;
}
