import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { ChildLibrary, startChild } from '../../../src/clients/chain/events/library/child-library.ts';
import { plannedRuntime } from '../../../src/clients/chain/events/runtimes.ts';
import { decodedLater } from '../../../src/clients/chain/scale/undecodable.ts';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';
import { Finding } from '../harness/finding.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const child = new URL('../../../src/clients/chain/events/library/library-child.ts', import.meta.url);
/** The process runs from its source. */
const loader = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
const system = new SystemClock();
/** The minute after which a silent process is given up lasts so many seconds here. */
const quick: Pick<Clock, 'sleep'> = {
  sleep: async (durationMs, signal) => await system.sleep(durationMs / 10, signal),
};
const library = new ChildLibrary(quick, { warn: () => undefined }, () => startChild(child, loader));
const whole = Buffer.from(metadataHex(25).slice(2), 'hex');
let version = 100;

/** A runtime's metadata, taken apart in the process that the bot keeps for it. */
export const metadata: Target = target({
  name: 'metadata',
  maxRunMs: 15_000,
  unitRuns: 8,
  inputs: fc.record({ changes, hasHead: fc.boolean() }),
  judge: async ({ changes: list, hasHead }) => {
    // Most changes behind the magic number and the version, which hide all others.
    const bytes = hasHead
      ? Buffer.concat([whole.subarray(0, 5), changed(whole.subarray(5), list)])
      : changed(whole, list);
    version += 1;
    const encoded = { specName: 'crust', specVersion: version, metadata: `0x${bytes.toString('hex')}` };
    const outcome = await outcomeOf(
      async () => await decodedLater('ws://node', at, async () => await plannedRuntime(library, encoded)),
    );
    const isSlow = String(outcome.error?.data['problem']).startsWith('no answer');
    if (list.length === 0 && outcome.error !== undefined && !isSlow)
      throw new Finding(`whole metadata is refused: ${outcome.error.message}`);
  },
  close: async () => await library.close(),
});
