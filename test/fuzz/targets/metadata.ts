import * as fc from 'fast-check';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { ChildLibrary, startChild } from '../../../src/clients/chain/events/library/child-library.ts';
import { plannedRuntime } from '../../../src/clients/chain/events/runtimes.ts';
import { decodedLater } from '../../../src/clients/chain/scale/undecodable.ts';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const child = new URL('../../../src/clients/chain/events/library/library-child.ts', import.meta.url);
const system = new SystemClock();
/** The minute after which a silent process is given up lasts so many seconds here. */
const quick: Pick<Clock, 'sleep'> = { sleep: async (durationMs, signal) => await system.sleep(durationMs / 10, signal) };
const library = new ChildLibrary(quick, () => startChild(child, process.execArgv));
const whole = Buffer.from(metadataHex(25).slice(2), 'hex');
let version = 100;

/** A runtime's metadata, taken apart in the process that the bot keeps for it. */
export const metadata: Target = target({
  name: 'metadata',
  maxRunMs: 15_000,
  inputs: fc.record({ changes, hasHead: fc.boolean() }),
  judge: async ({ changes: list, hasHead }) => {
    // Most changes behind the magic number and the version, which hide all others.
    const bytes = hasHead ? Buffer.concat([whole.subarray(0, 5), changed(whole.subarray(5), list)]) : changed(whole, list);
    version += 1;
    const encoded = { specName: 'crust', specVersion: version, metadata: `0x${bytes.toString('hex')}` };
    await outcomeOf(async () => await decodedLater('ws://node', at, async () => await plannedRuntime(library, encoded)));
  },
  close: async () => await library.close(),
});
