import { join } from 'node:path';
import { exporter } from 'ipfs-unixfs-exporter';
import { importByteStream } from 'ipfs-unixfs-importer';
import { CID } from 'multiformats/cid';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';
import { type IpfsNode, IpfsRpcError, type PinType, type RepoStat, type WalkedBlock } from '../backend.ts';
import { walkDag } from './dag-walk.ts';
import { type BlockGetOptions, EmbeddedBlocks } from './embedded-blocks.ts';
import { EmbeddedPins } from './embedded-pins.ts';
import { peerIdFrom } from './peer-id.ts';
import type { RpcStyle } from '../rpc/rpc-style.ts';

export interface EmbeddedNodeOptions {
  /** Folder of this node alone; a node opened on it again knows what the last one knew. */
  readonly dir: string;
  readonly style?: RpcStyle;
  readonly storageMaxBytes?: number;
  readonly clock?: Clock;
}

export interface AddOptions {
  readonly cidVersion: 0 | 1;
  readonly rawLeaves: boolean;
  readonly pin: boolean;
}

export interface AddedFile {
  readonly cid: string;
  /** All blocks of the file together, which is what an order declares. */
  readonly sizeBytes: number;
}

/** An IPFS node from the IPFS project's own libraries, for machines without Kubo: files, pins and garbage on disk, blocks over HTTP. */
export class EmbeddedNode implements IpfsNode {
  readonly style: RpcStyle;
  readonly peerId: string;
  readonly blocks: EmbeddedBlocks;
  private readonly pinned: EmbeddedPins;
  private readonly options: EmbeddedNodeOptions;

  constructor(options: EmbeddedNodeOptions) {
    this.options = options;
    this.style = options.style ?? 'kubo-0.42';
    this.peerId = peerIdFrom(options.dir);
    this.blocks = new EmbeddedBlocks(join(options.dir, 'blocks'), this.style, options.clock ?? new SystemClock());
    this.pinned = new EmbeddedPins(join(options.dir, 'pins'));
  }

  async open(): Promise<void> {
    await this.blocks.open();
    await this.pinned.open();
  }

  close(): Promise<void> {
    return this.blocks.close();
  }

  /** Imports as `ipfs add` does: 256 KiB chunks, 174 links a node. */
  async add(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: AddOptions): Promise<AddedFile> {
    const { cid, size } = await importByteStream(
      content,
      { put: (key, value) => this.putImported(key, value) },
      { profile: 'unixfs-v0-2015', cidVersion: options.cidVersion, rawLeaves: options.rawLeaves },
    );
    if (options.pin) await this.pinned.add(cid.toString(), 'recursive');
    return { cid: cid.toString(), sizeBytes: Number(size) };
  }

  async resolveRoot(cid: string, signal: AbortSignal): Promise<Uint8Array> {
    return await this.blocks.get(CID.parse(cid), { signal, offline: false });
  }

  async isPinnedRecursively(cid: string): Promise<boolean> {
    return this.pinned.get(cid) === 'recursive';
  }

  async *walk(cid: string, signal: AbortSignal): AsyncGenerator<WalkedBlock> {
    for await (const { bytes } of this.dag(cid, { signal, offline: false })) yield { sizeBytes: bytes.length, bytes };
  }

  async pin(cid: string): Promise<void> {
    await this.pinned.add(cid, 'recursive');
  }

  async unpin(cid: string): Promise<void> {
    if (!(await this.pinned.remove(cid))) throw new IpfsRpcError('not pinned or pinned indirectly');
  }

  async pinType(cid: string, among: PinType | 'all'): Promise<PinType | undefined> {
    const stored = this.pinned.get(cid);
    if (stored !== undefined) return among === 'all' || among === stored ? stored : undefined;
    if (among !== 'all' && among !== 'indirect') return undefined;
    return (await this.indirect()).has(cid) ? 'indirect' : undefined;
  }

  async *pins(type: PinType | 'all'): AsyncGenerator<{ cid: string; type: PinType }> {
    const stored = new Map(this.pinned.list());
    for (const [cid, storedType] of stored) {
      if (type === 'all' || type === storedType) yield { cid, type: storedType };
    }
    if (type !== 'all' && type !== 'indirect') return;
    for (const cid of await this.indirect()) if (!stored.has(cid)) yield { cid, type: 'indirect' };
  }

  async hasAllBlocks(cid: string): Promise<boolean> {
    const options = { signal: new AbortController().signal, offline: true };
    try {
      for await (const block of this.dag(cid, options)) if (block.bytes === undefined) return false;
      return true;
    } catch (error) {
      if (error instanceof IpfsRpcError) return false;
      throw error;
    }
  }

  async *collectGarbage(): AsyncGenerator<string> {
    const kept = new Set<string>();
    const keep = (cid: CID) => kept.add(hashKey(cid));
    for (const [cid] of this.pinned.list()) keep(CID.parse(cid));
    for (const cid of await this.indirect()) keep(CID.parse(cid));
    for await (const cid of this.blocks.all()) {
      if (kept.has(hashKey(cid))) continue;
      await this.blocks.delete(cid);
      yield cid.toString();
    }
  }

  async repoStat(): Promise<RepoStat> {
    const storageMaxBytes = this.options.storageMaxBytes ?? 10_000_000_000;
    return { ...(await this.blocks.size()), storageMaxBytes, path: this.options.dir };
  }

  blockGet(cid: string, options: BlockGetOptions): Promise<Uint8Array> {
    return this.blocks.get(CID.parse(cid), options);
  }

  async *cat(cid: string, options: BlockGetOptions): AsyncGenerator<Uint8Array> {
    const { blocks } = this;
    const store = {
      async *get(key: CID) {
        yield await blocks.get(key, options);
      },
    };
    const entry = await exporter(CID.parse(cid), store, { signal: options.signal });
    if (entry.type !== 'file' && entry.type !== 'raw') throw new IpfsRpcError('this dag node is a directory');
    yield* entry.content({ signal: options.signal });
  }

  private dag(cid: string, options: BlockGetOptions) {
    return walkDag(CID.parse(cid), (link) => this.blocks.get(link, options));
  }

  /** Everything below the recursive pins. */
  private async indirect(): Promise<Set<string>> {
    const found = new Set<string>();
    const options = { signal: new AbortController().signal, offline: true };
    for (const [root, type] of this.pinned.list()) {
      if (type !== 'recursive') continue;
      for await (const { cid } of this.dag(root, options)) if (cid.toString() !== root) found.add(cid.toString());
    }
    return found;
  }

  private async putImported(
    cid: CID,
    value: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<CID> {
    if (value instanceof Uint8Array) return this.blocks.put(cid, value);
    const chunks: Uint8Array[] = [];
    for await (const chunk of value) chunks.push(chunk);
    return this.blocks.put(cid, Buffer.concat(chunks));
  }
}

const hashKey = (cid: CID): string => Buffer.from(cid.multihash.bytes).toString('hex');
