import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FsBlockstore } from 'blockstore-fs';
import type { CID } from 'multiformats/cid';
import { Agent, request } from 'undici';
import type { Clock } from '../../../src/runtime/clock.ts';
import { IpfsRpcError } from '../backend.ts';
import { type RpcStyle, styles } from '../rpc/rpc-style.ts';

const SHA2_256 = 0x12;
const IDENTITY = 0x00;
/** Daemons put it into their repository when they make it. */
const emptyDirectory = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
/** How long to wait before asking again for a block that nobody had. */
const ASK_AGAIN_MS = 1000;

export interface BlockGetOptions {
  readonly signal: AbortSignal;
  readonly offline: boolean;
}

/** Blocks in a folder; those that are missing come from peers over HTTP, each held against its hash before it counts. */
export class EmbeddedBlocks {
  private readonly store: FsBlockstore;
  private readonly dir: string;
  private readonly clock: Clock;
  private readonly style: RpcStyle;
  private readonly peers = new Set<string>();
  private readonly dispatcher = new Agent({ connections: 32 });

  constructor(dir: string, style: RpcStyle, clock: Clock) {
    this.dir = dir;
    this.style = style;
    this.clock = clock;
    this.store = new FsBlockstore(dir);
  }

  open(): Promise<void> {
    return this.store.open();
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.dispatcher.destroy();
  }

  /** A peer's RPC, with `/api/v0`. */
  connect(apiUrl: string): void {
    this.peers.add(apiUrl);
  }

  listPeers(): string[] {
    return [...this.peers];
  }

  put(cid: CID, bytes: Uint8Array): Promise<CID> {
    return this.store.put(cid, bytes);
  }

  delete(cid: CID): Promise<void> {
    return this.store.delete(cid);
  }

  /** Waits for as long as nobody has the block, unless `offline`: then it throws what the daemon says. */
  async get(cid: CID, { signal, offline }: BlockGetOptions): Promise<Uint8Array> {
    if (cid.multihash.code === IDENTITY) return cid.multihash.digest;
    if (cid.multihash.code !== SHA2_256) throw new IpfsRpcError(`cannot check the hash of ${cid.toString()}`);
    for (;;) {
      signal.throwIfAborted();
      if (await this.store.has(cid)) return this.read(cid);
      if (cid.toString() === emptyDirectory) {
        await this.store.put(cid, Uint8Array.of(0x0a, 0x02, 0x08, 0x01));
        continue;
      }
      if (offline) throw new IpfsRpcError(styles[this.style].missingBlock(cid.toString()));
      for (const peer of this.peers) {
        const bytes = await this.ask(peer, cid, signal);
        if (bytes === undefined) continue;
        await this.store.put(cid, bytes);
        return bytes;
      }
      await this.clock.sleep(ASK_AGAIN_MS, signal);
    }
  }

  /** Every block here, as raw CIDs: a store knows hashes, not codecs. */
  async *all(): AsyncGenerator<CID> {
    for await (const { cid } of this.store.getAll()) yield cid;
  }

  async size(): Promise<{ sizeBytes: number; objects: number }> {
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true });
    // A block that is still written has another name.
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.data'));
    const found = await Promise.all(files.map(async (file) => await sizeOf(join(file.parentPath, file.name))));
    const sizes = found.filter((size) => size !== undefined);
    return { sizeBytes: sizes.reduce((sum, size) => sum + size, 0), objects: sizes.length };
  }

  private async read(cid: CID): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.store.get(cid)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Undefined when the peer has no such block or cannot be reached. */
  private async ask(peer: string, cid: CID, signal: AbortSignal): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array;
    try {
      const url = `${peer}/block/get?arg=${cid.toString()}&offline=true`;
      const answer = await request(url, { method: 'POST', dispatcher: this.dispatcher, signal });
      bytes = new Uint8Array(await answer.body.arrayBuffer());
      if (answer.statusCode !== 200) return undefined;
    } catch (error) {
      signal.throwIfAborted();
      // A peer that is away is like one without the block: it is asked again, as on the real network.
      if (error instanceof Error) return undefined;
      throw error;
    }
    const digest = createHash('sha256').update(bytes).digest();
    if (!digest.equals(cid.multihash.digest)) {
      throw new IpfsRpcError(`block ${cid.toString()} from ${peer} does not match its hash`);
    }
    return bytes;
  }
}

/** Undefined when the file has been removed since it was listed. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
