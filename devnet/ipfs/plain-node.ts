import { startEmbeddedServer } from './embedded/embedded-server.ts';
import { startKubo } from './kubo/kubo-node.ts';
import type { RpcStyle } from './rpc/rpc-style.ts';

/** An ordinary IPFS node, Kubo or embedded, that pins and does not seal. */
export interface PlainNode {
  readonly kind: 'kubo' | 'embedded';
  readonly style: RpcStyle;
  /** Its RPC, with `/api/v0`. */
  readonly apiUrl: string;
  /** What `connect` of another node of this kind takes. */
  readonly address: string;
  connect(peerAddress: string): Promise<void>;
  stop(): Promise<void>;
  /** Without a chance to tidy up. */
  kill(): Promise<void>;
}

export interface PlainNodeOptions {
  /** Path of a Kubo; undefined takes the embedded node. */
  readonly kubo: string | undefined;
  readonly dir: string;
  /** RPC port of an embedded node; Kubo keeps its own in its repository. */
  readonly port?: number;
  /** What an embedded node imitates; Kubo is what it is. */
  readonly style?: RpcStyle;
  readonly storageMaxBytes?: number;
}

export async function startPlainNode(options: PlainNodeOptions): Promise<PlainNode> {
  const { kubo, dir, port, style, storageMaxBytes } = options;
  if (kubo !== undefined) {
    return startKubo({ binary: kubo, dir, storageMax: `${storageMaxBytes ?? 10_000_000_000}B` });
  }
  const server = await startEmbeddedServer({ dir, port, style, storageMaxBytes });
  return {
    kind: 'embedded',
    style: server.node.style,
    apiUrl: server.apiUrl,
    address: server.apiUrl,
    connect: async (peerAddress) => server.node.blocks.connect(peerAddress),
    stop: () => server.close(),
    kill: () => server.close(),
  };
}
