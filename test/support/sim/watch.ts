import type { Hex } from '../../../devnet/chain/hex.ts';
import type { ChainModel } from '../../../devnet/chain/model.ts';
import { textBytes } from '../../../devnet/chain/runtime/call.ts';
import { parseStorageKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { fileKey } from '../../../devnet/chain/storage-keys.ts';
import type { SworkerModel } from '../../../devnet/sworker/model.ts';
import type { Deleted, LettingGo } from '../invariant-view.ts';
import type { OutsideCall } from './call-desk.ts';

/** Sees what the bot does to files at the moment it does it, and keeps what it must never do. */
export class Watch {
  readonly violations: string[] = [];
  readonly lettingGo: LettingGo[] = [];
  /** Files that sWorker deleted for the bot, by when it asked for it last. */
  readonly deleted: Deleted[] = [];
  /** Pulls that were begun, by CID. */
  readonly pullsBegun = new Map<string, number>();
  /** Blocks in which orders were closed, by CID. */
  readonly closes = new Map<string, Set<number>>();
  /** Deletions that were rightly asked for, came late, and took a file whose order had come back. */
  lateOnLive = 0;
  readonly #pulling = new Map<string, number>();
  readonly #chain: ChainModel;
  readonly #sworker: SworkerModel;
  readonly #endsOrphanSeals: boolean;
  readonly #nowMs: (() => number) | undefined;

  /** `endsOrphanSeals`: the bot is told to end seals that no pull of its own began. */
  constructor(
    chain: ChainModel,
    sworker: SworkerModel,
    { endsOrphanSeals = false, nowMs }: { readonly endsOrphanSeals?: boolean; readonly nowMs?: () => number } = {},
  ) {
    this.#chain = chain;
    this.#sworker = sworker;
    this.#endsOrphanSeals = endsOrphanSeals;
    this.#nowMs = nowMs;
    chain.onBlock(({ block, changedKeys }) => {
      for (const key of changedKeys) this.#noteClose(key, block.number);
    });
  }

  /** CIDs that the daemon is pulling for a bot now. */
  get pulling(): readonly string[] {
    return [...this.#pulling.keys()];
  }

  get deletions(): readonly string[] {
    return this.lettingGo.filter(({ how }) => how === 'storage/delete').map(({ cid }) => cid);
  }

  sent({ part, name, target }: OutsideCall): void {
    if (target === undefined) return;
    if (part === 'sworker' && name === 'POST /storage/delete') this.#delete(target);
    if (part === 'sworker' && name === 'POST /storage/seal_end') this.#endSeal(target);
    if (part === 'ipfs' && name === 'pin/rm') this.#unpin(target);
  }

  /** What the bot lets go of is judged by when it asked; here it is only counted what became of that. */
  carriedOutLate({ part, name, target }: OutsideCall): void {
    if (target === undefined || part !== 'sworker' || name !== 'POST /storage/delete') return;
    if (this.#isLive(target) && this.#stateOf(target) !== undefined) this.lateOnLive += 1;
  }

  /** sWorker has forgotten a file, or the seal of one, because it was asked to. */
  wasDeleted(cid: string): void {
    const asked = this.lettingGo.findLast((one) => one.cid === cid && one.how === 'storage/delete');
    if (asked !== undefined) this.deleted.push({ cid, askedAtBlock: asked.atBlock });
  }

  pullBegins(cid: string): void {
    const running = this.#pulling.get(cid) ?? 0;
    if (running > 0) this.violations.push(`${cid} is pulled ${running + 1} times at once, at block ${this.#head}`);
    this.#pulling.set(cid, running + 1);
    this.pullsBegun.set(cid, (this.pullsBegun.get(cid) ?? 0) + 1);
  }

  pullEnds(cid: string): void {
    const running = (this.#pulling.get(cid) ?? 0) - 1;
    if (running > 0) this.#pulling.set(cid, running);
    else this.#pulling.delete(cid);
  }

  #noteClose(key: Hex, block: number): void {
    if (!key.startsWith(storagePrefixes.marketFilesV2) || this.#chain.storage.getAt(key, block) !== undefined) return;
    const { text } = parseStorageKey(key);
    this.closes.set(text, (this.closes.get(text) ?? new Set()).add(block));
  }

  #delete(cid: string): void {
    const isLive = this.#note('storage/delete', cid);
    const state = this.#stateOf(cid);
    // The exception: a lost file, after its grace, which the records tell. What is not there may be asked for again.
    if (isLive && state !== undefined && state !== 'lost') {
      this.violations.push(
        `${cid} was deleted from sWorker at block ${this.#head} although its order lives and it is ${state}`,
      );
    }
  }

  #endSeal(cid: string): void {
    this.#note('seal_end', cid);
    if (this.#endsOrphanSeals || this.pullsBegun.has(cid)) return;
    this.violations.push(`the seal of ${cid} was ended, which no pull of the bot began`);
  }

  #unpin(cid: string): void {
    const isDeletedBefore = this.lettingGo.findLast((one) => one.cid === cid)?.how === 'storage/delete';
    const isLive = this.#note('pin/rm', cid);
    const state = this.#stateOf(cid);
    // The exceptions: the pin of a pull that sealed nothing, and what is left of a lost file that was deleted.
    if (isLive && state !== undefined && !(state === 'lost' && isDeletedBefore)) {
      this.violations.push(`${cid} was unpinned at block ${this.#head} although its order lives and it is ${state}`);
    }
  }

  /** Returns whether its order lives. */
  #note(how: LettingGo['how'], cid: string): boolean {
    const isLive = this.#isLive(cid);
    this.lettingGo.push({ how, cid, atBlock: this.#head, atMs: this.#nowMs?.(), isLive });
    return isLive;
  }

  #stateOf(cid: string): 'pending' | 'valid' | 'lost' | undefined {
    const { files } = this.#sworker;
    if (files.pending.has(cid)) return 'pending';
    const state = files.find(cid)?.state;
    return state === 'deleted' ? undefined : state;
  }

  get #head(): number {
    return this.#chain.finalized.number;
  }

  #isLive(cid: string): boolean {
    return this.#chain.storage.getAt(fileKey(textBytes(cid)), this.#head) !== undefined;
  }
}
