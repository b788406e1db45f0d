import { driverGate } from './driver-gate.ts';

const busyResources = new Set(['FSReqCallback', 'FSReqPromise', 'CloseReq', 'Immediate']);

/** Turns of the event loop in which nothing happened, after which nothing will. */
const quietTurns = 3;

/** Resolves when the program waits for nothing but the world: no statement runs, no file is read, no callback is ready. */
export async function untilAtRest(): Promise<void> {
  let quiet = 0;
  while (quiet < quietTurns) {
    const before = driverGate.statements;
    await turn();
    if (driverGate.isBusy) await driverGate.untilIdle();
    quiet = driverGate.statements === before && !readsFiles() ? quiet + 1 : 0;
  }
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function readsFiles(): boolean {
  return process.getActiveResourcesInfo().some((name) => busyResources.has(name));
}
