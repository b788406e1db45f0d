import type { World } from '../../../devnet/world/world.ts';
import { Watch } from '../sim/watch.ts';
import type { PinWatch } from './pin-watch.ts';

/** Holds what a bot deletes and unpins against the chain at the moment it asks for it, and notes what sWorker deleted for it. */
export function watchFiles({ chain, sworker }: World, pins: PinWatch): Watch {
  const files = new Watch(chain, sworker);
  const told = pins.onRequest;
  pins.onRequest = (command, cid) => {
    if (cid !== null) files.sent({ part: 'ipfs', name: command, target: cid });
    told?.(command, cid);
  };
  const isThere = (cid: string): boolean => sworker.files.pending.has(cid) || sworker.files.find(cid) !== undefined;
  const handle = sworker.handle.bind(sworker);
  sworker.handle = async (request) => {
    if (!request.path.endsWith('/storage/delete')) return await handle(request);
    const { cid } = JSON.parse(Buffer.from(request.body).toString('utf8')) as { cid: string };
    files.sent({ part: 'sworker', name: 'POST /storage/delete', target: cid });
    const wasThere = isThere(cid);
    const answer = await handle(request);
    if (wasThere && !isThere(cid)) files.wasDeleted(cid);
    return answer;
  };
  return files;
}
