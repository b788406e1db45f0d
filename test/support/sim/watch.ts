import type { ChainModel } from '../../../devnet/chain/model.ts';
import { textBytes } from '../../../devnet/chain/runtime/call.ts';
import { fileKey } from '../../../devnet/chain/storage-keys.ts';
import type { SworkerModel } from '../../../devnet/sworker/model.ts';
import type { LettingGo } from '../invariant-view.ts';
import type { OutsideCall } from './call-desk.ts';

/** Sees what the bot does to files at the moment it does it, and keeps what it must never do. */
export class Watch {
  readonly violations: string[] = [];
  readonly lettingGo: LettingGo[] = [];
  /** Pulls that were begun, by CID. */
  readonly pullsBegun = new Map<string, number>();
  readonly #pulling = new Map<string, number>();
  readonly #chain: ChainModel;
  readonly #sworker: SworkerModel;

  constructor(chain: ChainModel, sworker: SworkerModel) {
    this.#chain = chain;
    this.#sworker = sworker;
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

  #delete(cid: string): void {
    this.#note('storage/delete', cid);
    // The exception: a lost file after its grace.
    if (this.#isLive(cid) && this.#sworker.files.find(cid)?.state === 'valid') {
      this.violations.push(`${cid} was deleted from sWorker at block ${this.#head} although its order lives`);
    }
  }

  #endSeal(cid: string): void {
    this.#note('seal_end', cid);
    if (!this.pullsBegun.has(cid)) this.violations.push(`the seal of ${cid} was ended, which no pull of the bot began`);
  }

  #unpin(cid: string): void {
    this.#note('pin/rm', cid);
    // The exception: the pin of a pull that sealed nothing.
    if (this.#isLive(cid) && this.#sworker.files.find(cid)?.state === 'valid') {
      this.violations.push(`${cid} was unpinned at block ${this.#head} although its order lives and it is sealed`);
    }
  }

  #note(how: LettingGo['how'], cid: string): void {
    this.lettingGo.push({ how, cid, atBlock: this.#head });
  }

  get #head(): number {
    return this.#chain.finalized.number;
  }

  #isLive(cid: string): boolean {
    return this.#chain.storage.getAt(fileKey(textBytes(cid)), this.#head) !== undefined;
  }
}
