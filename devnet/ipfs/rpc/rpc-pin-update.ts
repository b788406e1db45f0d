import { type IpfsNode, IpfsRpcError } from '../backend.ts';
import { cidArguments, type RpcCall } from './rpc-http.ts';
import type { RwLock } from '../sealing/rw-lock.ts';

/** `pin/update`: the second CID gets a recursive pin, without any seal; `unpin=false` leaves the first one's. */
export async function pinUpdate(
  call: RpcCall,
  { node, lock }: { readonly node: IpfsNode; readonly lock: RwLock },
): Promise<void> {
  const [from, to] = cidArguments(call.query);
  if (from === undefined || to === undefined) throw new IpfsRpcError('argument "to-path" is required');
  const release = await lock.read(call.signal);
  try {
    if (!(await node.isPinnedRecursively(from, call.signal))) {
      throw new IpfsRpcError("'from' cid was not recursively pinned already");
    }
    if (await node.isPinnedRecursively(to, call.signal)) {
      throw new IpfsRpcError("'to' cid was already recursively pinned");
    }
    for await (const _ of node.walk(to, call.signal)) call.signal.throwIfAborted();
    await node.pin(to, call.signal);
    if (call.query.get('unpin') !== 'false') await node.unpin(from);
  } finally {
    release();
  }
  call.reply.end({ Pins: [from, to] });
}

/** `files/stat` of an `/ipfs/` path: whether the node has all of it, which is all that is asked of it here. */
export async function filesStat(call: RpcCall, { node }: { readonly node: IpfsNode }): Promise<void> {
  const cid = /^\/ipfs\/(?<cid>[^/]+)$/u.exec(call.query.get('arg') ?? '')?.groups?.['cid'];
  if (cid === undefined) throw new IpfsRpcError('paths must start with a leading slash');
  const root = await node.blockGet(cid, { signal: call.signal, offline: call.query.get('offline') === 'true' });
  const isLocal = await node.hasAllBlocks(cid);
  call.reply.end({
    Hash: cid,
    Size: root.length,
    Type: 'file',
    WithLocality: true,
    // Daemons leave what is false out.
    ...(isLocal ? { Local: true } : {}),
  });
}
