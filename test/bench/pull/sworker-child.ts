import { SystemClock } from '../../../src/runtime/clock.ts';
import { SworkerModel } from '../../../devnet/sworker/model.ts';
import { startSworkerServer } from '../../../devnet/sworker/server.ts';
import { serve } from './served.ts';

const model = new SworkerModel({
  clock: new SystemClock(),
  blockNumber: () => 12_000_000,
  report: () => undefined,
  // The bench takes the pins away by itself.
  unpin: async () => undefined,
  disks: [{ volumeGib: 40_000, srdGib: 20_000 }],
});
const server = await startSworkerServer(model);

serve({
  url: () => server.apiUrl,
  /** Every file is as if it had never been here. */
  empty: () => {
    for (const pending of model.files.pending.values()) model.seals.drop(pending);
    model.files.held.clear();
  },
  valid: (cids: readonly string[]) => cids.filter((cid) => model.files.find(cid)?.state === 'valid').length,
});
