import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';

export interface DagBlock {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** The CIDs a block points at; only dag-pb blocks point anywhere here. */
function linksOf(cid: CID, bytes: Uint8Array): CID[] {
  return cid.code === dagPb.code ? dagPb.decode(bytes).Links.map((link) => link.Hash) : [];
}

/**
 * Yields every block below and including the root once, parents before children, with up to `concurrency` blocks being fetched ahead.
 * Rejects with what `get` rejects with; leaving early leaves the fetches ahead to `get`'s own signal.
 */
export async function* walkDag(
  root: CID,
  get: (cid: CID) => Promise<Uint8Array>,
  concurrency = 16,
): AsyncGenerator<DagBlock> {
  const met = new Set([root.toString()]);
  const queue: CID[] = [root];
  const ahead: { cid: CID; bytes: Promise<Uint8Array> }[] = [];
  for (;;) {
    while (ahead.length < concurrency && queue.length > 0) {
      const cid = queue.shift() as CID;
      const bytes = get(cid);
      // The failure is thrown where the block is awaited; a walk left before that has nobody to tell.
      bytes.catch(() => undefined);
      ahead.push({ cid, bytes });
    }
    const next = ahead.shift();
    if (next === undefined) return;
    const bytes = await next.bytes;
    for (const link of linksOf(next.cid, bytes)) {
      const key = link.toString();
      if (met.has(key)) continue;
      met.add(key);
      queue.push(link);
    }
    yield { cid: next.cid, bytes };
  }
}
