import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { request } from 'undici';
import { type Customers, startCustomers } from '../../../devnet/ipfs/customers.ts';
import { findKubo } from '../../../devnet/ipfs/kubo/find-kubo.ts';
import { startPlainNode } from '../../../devnet/ipfs/plain-node.ts';
import { ReleaseStack } from '../../../src/runtime/release-stack.ts';
import type { BareRun } from './bare-child.ts';
import type { BotRun } from './bot-room.ts';
import type { BotPulled, OrderedFile, PulledFiles } from './ordered-file.ts';
import { Toxiproxy } from '../../support/toxiproxy.ts';
import { botNodeOptions } from '../harness/child.ts';
import { ServedChild } from './served.ts';
import { childrenCpuMs } from './tree-cpu.ts';

const maxUnpinnedAtOnce = 250;

export interface PullWorldOptions {
  /** Of the link between the customers' node and the bot's; undefined for none. */
  readonly linkBytesPerSecond: number | undefined;
  readonly signal: AbortSignal;
}

/** Two Kubo nodes, a sealing front, sWorker, chain, and the two sides that are measured: each a process of its own. */
export class PullBenchWorld {
  readonly #releases = new ReleaseStack();
  #customers: Customers | undefined;
  #nodeUrl = '';
  readonly #urls = { chainUrl: '', sworkerUrl: '', ipfsUrl: '' };
  #children!: Readonly<Record<'sworker' | 'front' | 'chain' | 'bare' | 'bot', ServedChild>>;

  static async start(options: PullWorldOptions): Promise<PullBenchWorld> {
    const world = new PullBenchWorld();
    try {
      await world.#start(options);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#releases.releaseAll();
  }

  async #start({ linkBytesPerSecond, signal }: PullWorldOptions): Promise<void> {
    const releases = this.#releases;
    const kubo = await findKubo();
    if (kubo === undefined) throw new Error('there is no Kubo: npm run kubo builds it');
    const dir = await mkdtemp(path.join(tmpdir(), 'smanager-bench-ipfs-'));
    releases.add(async () => await rm(dir, { recursive: true, force: true, maxRetries: 3 }));
    const customers = await startCustomers({ kubo, dir: path.join(dir, 'customers') });
    this.#customers = customers;
    releases.add(async () => await customers.stop());
    const node = await startPlainNode({ kubo, dir: path.join(dir, 'bot') });
    releases.add(async () => await node.stop());
    this.#nodeUrl = node.apiUrl;
    let address = customers.address;
    if (linkBytesPerSecond !== undefined) {
      const parts = address.split('/');
      const proxy = await Toxiproxy.start();
      releases.add(async () => await proxy.close());
      const link = await proxy.link('link', Number(parts[4]));
      const attributes = { rate: Math.round(linkBytesPerSecond / 1000) };
      await link.add({ type: 'bandwidth', stream: 'downstream', attributes });
      parts[4] = String(link.port);
      address = parts.join('/');
    }
    await node.connect(address);
    const child = (name: string, input: unknown = null, nodeOptions: readonly string[] = []): ServedChild => {
      const started = ServedChild.start(new URL(`./${name}-child.js`, import.meta.url), input, nodeOptions);
      releases.add(async () => await started.end());
      return started;
    };
    const sworker = child('sworker');
    this.#urls.sworkerUrl = await sworker.ask<string>('url');
    const front = child('front', { backendUrl: node.apiUrl, sworkerUrl: this.#urls.sworkerUrl });
    this.#urls.ipfsUrl = await front.ask<string>('url');
    const chain = child('chain');
    this.#urls.chainUrl = await chain.ask<string>('url');
    this.#children = { sworker, front, chain, bare: child('bare'), bot: child('bot', null, botNodeOptions) };
    const stop = (): void => {
      for (const each of Object.values(this.#children)) each.kill();
    };
    signal.addEventListener('abort', stop, { once: true });
    releases.add(() => signal.removeEventListener('abort', stop));
  }

  /** Files that the customers' node holds from now on. The content hangs on the seed alone. */
  async addFiles(seed: string, count: number, sizeBytes: number): Promise<readonly OrderedFile[]> {
    const customers = this.#customers;
    if (customers === undefined) throw new Error('not started');
    const files: OrderedFile[] = [];
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      for (let at = lane; at < count; at += 8) {
        const { cid } = await customers.addSeededFile(`${seed} ${at}`, sizeBytes);
        files.push({ cid, sizeBytes });
      }
    });
    await Promise.all(lanes);
    return files;
  }

  /** `pin/add` alone. */
  async pinBare(files: readonly OrderedFile[], concurrency: number): Promise<PulledFiles> {
    await this.#forget(files);
    const run: BareRun = { ipfsUrl: this.#urls.ipfsUrl, files, concurrency };
    const pulled = await withAllCpu(async () => await this.#children.bare.ask<PulledFiles>('pinAll', run));
    await this.#assertValid(files);
    return pulled;
  }

  /** The bot, from orders on chain to handled ones. */
  async pullByBot(files: readonly OrderedFile[], maxPendingTasks: number): Promise<BotPulled> {
    await this.#forget(files);
    await this.#children.chain.ask('order', files);
    const run: BotRun = { ...this.#urls, files: files.length, maxPendingTasks };
    await this.#children.bot.ask('prepare', run);
    const pulled = await withAllCpu(async () => await this.#children.bot.ask<BotPulled>('pullAll'));
    await this.#assertValid(files);
    return pulled;
  }

  /** As if none of the files had ever come here: or the second side would measure "already pinned". */
  async #forget(files: readonly OrderedFile[]): Promise<void> {
    await this.#children.sworker.ask('empty');
    for (let at = 0; at < files.length; at += maxUnpinnedAtOnce) {
      const pinned = await this.#pinned();
      const args = files.slice(at, at + maxUnpinnedAtOnce).filter(({ cid }) => pinned.has(cid));
      if (args.length > 0) await this.#node(`pin/rm?${args.map(({ cid }) => `arg=${cid}`).join('&')}`);
    }
    await this.#node('repo/gc?quiet=true');
  }

  async #pinned(): Promise<ReadonlySet<string>> {
    const { Keys } = JSON.parse(await this.#node('pin/ls?type=recursive')) as { Keys?: Record<string, unknown> };
    return new Set(Object.keys(Keys ?? {}));
  }

  async #node(command: string): Promise<string> {
    const answer = await request(`${this.#nodeUrl}/${command}`, { method: 'POST', bodyTimeout: 0, headersTimeout: 0 });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`Kubo answered ${command.split('?')[0]} with ${text}`);
    return text;
  }

  async #assertValid(files: readonly OrderedFile[]): Promise<void> {
    const cids = files.map(({ cid }) => cid);
    const valid = await this.#children.sworker.ask<number>('valid', cids);
    const pinned = await this.#pinned();
    const standing = cids.filter((cid) => pinned.has(cid)).length;
    if (valid !== files.length || standing !== files.length)
      throw new Error(`${valid} files are valid in sWorker and ${standing} pinned, ${files.length} should be`);
  }
}

async function withAllCpu<T extends PulledFiles>(measured: () => Promise<T>): Promise<T> {
  const before = childrenCpuMs();
  const pulled = await measured();
  const after = childrenCpuMs();
  return { ...pulled, allCpuMs: before === null || after === null ? null : after - before };
}
