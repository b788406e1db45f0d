import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { HttpFaults } from '../../http/faults.ts';
import { listenHttp } from '../../http/listen.ts';
import { IpfsRpcError } from '../backend.ts';
import { EmbeddedNode, type EmbeddedNodeOptions } from './embedded-node.ts';
import type { RpcCall } from '../rpc/rpc-http.ts';
import { everyHalfSecond, type Ticker } from '../rpc/rpc-pin-add.ts';
import { nodeRpcListener } from '../rpc/rpc-routes.ts';
import { RwLock } from '../sealing/rw-lock.ts';
import type { PinAddOptions } from '../sealing/sealing-pinner.ts';

export interface EmbeddedServerOptions extends EmbeddedNodeOptions {
  readonly port?: number;
  readonly ticker?: Ticker;
}

export interface EmbeddedServer {
  readonly node: EmbeddedNode;
  /** With `/api/v0`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly faults: HttpFaults;
  close(): Promise<void>;
}

/** Opens an embedded node and puts its RPC on a loopback port; nothing here seals. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const node = new EmbeddedNode(options);
  await node.open();
  const lock = new RwLock();
  const faults = new HttpFaults();
  const listener = await listenHttp(
    faults.wrap(
      nodeRpcListener({
        node,
        lock,
        ticker: options.ticker ?? everyHalfSecond,
        pinAdd: (cid, pinOptions) => plainPinAdd(node, lock, cid, pinOptions),
        extra: {
          add: (call) => add(call, node),
          'swarm/connect': async (call) => {
            for (const peer of call.query.getAll('arg')) node.blocks.connect(peer);
            call.reply.end({ Strings: call.query.getAll('arg').map((peer) => `connect ${peer} success`) });
          },
          'swarm/peers': async (call) =>
            call.reply.end({ Peers: node.blocks.listPeers().map((peer) => ({ Addr: peer, Peer: '' })) }),
        },
      }),
    ),
    options.port,
  );
  return {
    node,
    apiUrl: `${listener.origin}/api/v0`,
    port: listener.port,
    faults,
    async close() {
      await listener.close();
      await node.close();
    },
  };
}

async function plainPinAdd(
  node: EmbeddedNode,
  lock: RwLock,
  cid: string,
  { signal, onProgress }: PinAddOptions,
): Promise<void> {
  await node.resolveRoot(cid, signal);
  const release = await lock.read(signal);
  try {
    let blocks = 0;
    let bytes = 0;
    for await (const block of node.walk(cid, signal)) {
      blocks += 1;
      bytes += block.sizeBytes;
      onProgress?.(blocks, bytes);
    }
    await node.pin(cid);
  } finally {
    release();
  }
}

/** `add` of multipart form data; every file part becomes one line of the answer. */
async function add(call: RpcCall, node: EmbeddedNode): Promise<void> {
  const { request, query, reply } = call;
  const contentType = request.headers['content-type'];
  if (contentType === undefined) throw new IpfsRpcError("file argument 'path' is required");
  const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
  const form = await new Response(body, { headers: { 'Content-Type': contentType } }).formData();
  const cidVersion = query.get('cid-version') === '1' ? 1 : 0;
  for (const part of form.values()) {
    if (typeof part === 'string') continue;
    const added = await node.add(part.stream() as ReadableStream<Uint8Array>, {
      cidVersion,
      rawLeaves: query.has('raw-leaves') ? query.get('raw-leaves') === 'true' : cidVersion === 1,
      pin: query.get('pin') !== 'false',
    });
    reply.emit({ Name: part.name, Hash: added.cid, Size: String(added.sizeBytes) });
  }
  reply.end();
}
