import type { RequestListener } from 'node:http';
import { type IpfsNode, IpfsRpcError, type PinType } from '../backend.ts';
import { cidArguments, type RpcCall, rpcListener } from './rpc-http.ts';
import { servePinAdd, type Ticker } from './rpc-pin-add.ts';
import { filesStat, pinUpdate } from './rpc-pin-update.ts';
import { styles } from './rpc-style.ts';
import type { RwLock } from '../sealing/rw-lock.ts';
import type { PinAddOptions } from '../sealing/sealing-pinner.ts';

export interface NodeRpcParts {
  readonly node: IpfsNode;
  readonly lock: RwLock;
  readonly ticker: Ticker;
  /** Plain or sealing; takes the lock itself. */
  readonly pinAdd: (cid: string, options: PinAddOptions) => Promise<void>;
  /** Commands this node has besides the common ones. */
  readonly extra?: Readonly<Record<string, (call: RpcCall) => Promise<void>>>;
}

type Route = (call: RpcCall, parts: NodeRpcParts) => Promise<void>;

/** The RPC of a node in this process. */
export function nodeRpcListener(parts: NodeRpcParts): RequestListener {
  return rpcListener(async (call) => {
    const route = parts.extra?.[call.command] ?? routes[call.command];
    if (route === undefined) call.reply.notFound();
    else await route(call, parts);
  });
}

function onlyCid(call: RpcCall): string {
  const [cid] = cidArguments(call.query);
  if (cid === undefined) throw new IpfsRpcError('argument "ipfs-path" is required');
  return cid;
}

const fetchOptions = (call: RpcCall) => ({ signal: call.signal, offline: call.query.get('offline') === 'true' });

const routes: Readonly<Record<string, Route>> = {
  id: async (call, { node }) => {
    const { agent } = styles[node.style];
    call.reply.end({
      ID: node.peerId,
      PublicKey: '',
      Addresses: [],
      AgentVersion: agent,
      ProtocolVersion: 'ipfs/0.1.0',
      Protocols: [],
    });
  },
  version: async (call, { node }) => {
    const { version, repoVersion, golang } = styles[node.style];
    call.reply.end({ Version: version, Commit: '', Repo: repoVersion, System: 'amd64/linux', Golang: golang });
  },
  'pin/add': (call, { node, ticker, pinAdd }) => servePinAdd(call, { style: node.style, ticker, pinAdd }),
  'pin/rm': async (call, { node, lock }) => {
    const cids = cidArguments(call.query);
    const release = await lock.read(call.signal);
    try {
      for (const cid of cids) await node.unpin(cid);
    } finally {
      release();
    }
    call.reply.end({ Pins: cids });
  },
  'pin/ls': pinLs,
  'pin/update': pinUpdate,
  'files/stat': filesStat,
  'repo/gc': async (call, { node, lock }) => {
    const release = await lock.write(call.signal);
    try {
      for await (const cid of node.collectGarbage()) call.reply.emit({ Key: { '/': cid } });
    } finally {
      release();
    }
    call.reply.end();
  },
  'repo/stat': async (call, { node }) => {
    const stat = await node.repoStat();
    const sizes = { RepoSize: stat.sizeBytes, StorageMax: stat.storageMaxBytes };
    const sizeOnly = call.query.get('size-only') === 'true';
    const version = `fs-repo@${styles[node.style].repoVersion}`;
    call.reply.end(
      sizeOnly
        ? { ...sizes, NumObjects: 0, RepoPath: '', Version: '' }
        : { ...sizes, NumObjects: stat.objects, RepoPath: stat.path, Version: version },
    );
  },
  'block/get': async (call, { node }) => {
    await call.reply.write(await node.blockGet(onlyCid(call), fetchOptions(call)));
    call.reply.end();
  },
  'block/stat': async (call, { node }) => {
    const cid = onlyCid(call);
    call.reply.end({ Key: cid, Size: (await node.blockGet(cid, fetchOptions(call))).length });
  },
  cat: async (call, { node }) => {
    for await (const chunk of node.cat(onlyCid(call), fetchOptions(call))) await call.reply.write(chunk);
    call.reply.end();
  },
};

function pinTypeOption(call: RpcCall): PinType | 'all' {
  const type = call.query.get('type') ?? 'all';
  if (type === 'all' || type === 'direct' || type === 'indirect' || type === 'recursive') return type;
  throw new IpfsRpcError(`invalid type '${type}', must be one of {direct, indirect, recursive, all}`);
}

async function pinLs(call: RpcCall, { node }: NodeRpcParts): Promise<void> {
  const type = pinTypeOption(call);
  const asked = call.query.has('arg') ? await pinsAsked(call, node, type) : node.pins(type);
  if (call.query.get('stream') === 'true') {
    for await (const pin of asked) call.reply.emit({ Cid: pin.cid, Type: pin.type });
    call.reply.end();
    return;
  }
  const keys: Record<string, object> = {};
  for await (const pin of asked) keys[pin.cid] = styles[node.style].pinEntry(pin.type);
  call.reply.end({ Keys: keys });
}

async function pinsAsked(
  call: RpcCall,
  node: IpfsNode,
  among: PinType | 'all',
): Promise<{ cid: string; type: PinType }[]> {
  const found: { cid: string; type: PinType }[] = [];
  for (const cid of cidArguments(call.query)) {
    const type = await node.pinType(cid, among);
    if (type === undefined) throw new IpfsRpcError(`path '${cid}' is not pinned`);
    found.push({ cid, type });
  }
  return found;
}
