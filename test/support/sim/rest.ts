import { driverGate } from './driver-gate.ts';

/** Work of the event loop that the program itself has begun. */
const busyResources = new Set(['FSReqCallback', 'FSReqPromise', 'CloseReq', 'Immediate']);
/** A file that takes longer than these turns is waited for without turning all the while: whoever reads it needs the processor too. */
const quickTurns = 4;
const fileWaitMs = 1;

/**
 * Resolves when the program waits for nothing but the world: no statement runs, no file is read, no callback is ready. One turn of the event loop in
 * which nothing was under way is enough to know: before it every promise that could go on has gone on, and so begun what it has to begin.
 */
export async function untilAtRest(): Promise<void> {
  for (let turns = 0; ; turns += 1) {
    await turn();
    if (driverGate.isBusy) {
      await driverGate.untilIdle();
      turns = 0;
    } else if (!isAtWork()) return;
    else if (turns >= quickTurns) await new Promise<void>((resolve) => setTimeout(resolve, fileWaitMs));
  }
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function isAtWork(): boolean {
  return process.getActiveResourcesInfo().some((name) => busyResources.has(name));
}
