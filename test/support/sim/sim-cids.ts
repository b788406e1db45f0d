import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { parseSealableCid } from '../../../src/decide/rules/cid.ts';
import { shareIndex } from '../../../src/decide/rules/share.ts';

/** CIDs of made-up files, the same ones for the same seed, told apart by the group member they belong to. */
export class SimCids {
  readonly #random: SeededRandom;
  readonly #members: number;
  readonly #ownIndex: number;

  constructor(options: { readonly seed: number; readonly members: number; readonly ownIndex: number }) {
    this.#random = new SeededRandom(options.seed);
    this.#members = options.members;
    this.#ownIndex = options.ownIndex;
  }

  /** A file that this node is to take. */
  ours(): string {
    return this.#next((share) => share === this.#ownIndex);
  }

  /** A file of another member. */
  theirs(): string {
    return this.#next((share) => share !== this.#ownIndex);
  }

  any(): string {
    return this.#next(() => true);
  }

  #next(fits: (share: number) => boolean): string {
    for (;;) {
      const digest = Digest.create(0x12, this.#random.bytes(32));
      const isV0 = this.#random.fraction() < 0.5;
      const text = isV0 ? CID.createV0(digest).toString() : CID.createV1(0x55, digest).toString(base32);
      const bytes = parseSealableCid(text);
      if (bytes !== undefined && fits(shareIndex(bytes, this.#members))) return text;
    }
  }
}
