import { createHash } from 'node:crypto';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';

const SHA2_256 = 0x12;

/** Which blocks of a file came and which are still missing, told from the links of those that came. */
export class DagProgress {
  /** sha2-256 in hex → the codec the link (or the root) names. */
  private readonly wanted = new Map<string, number>();
  private readonly seen = new Set<string>();
  /** A link that is not dag-pb or raw with sha2-256 can never be fulfilled. */
  private impossible = false;

  constructor(rootText: string) {
    try {
      this.want(CID.parse(rootText));
    } catch (error) {
      // sWorker takes any text as a CID and only notices at the end that nothing fits.
      if (!(error instanceof Error)) throw error;
      this.impossible = true;
    }
  }

  add(block: Uint8Array): void {
    const hash = createHash('sha256').update(block).digest('hex');
    if (this.seen.has(hash)) return;
    this.seen.add(hash);
    if (this.wanted.get(hash) !== dagPb.code) return;
    for (const link of dagPb.decode(block).Links) this.want(link.Hash);
  }

  get complete(): boolean {
    return !this.impossible && [...this.wanted.keys()].every((hash) => this.seen.has(hash));
  }

  private want(cid: CID): void {
    const sealable = cid.multihash.code === SHA2_256 && (cid.code === dagPb.code || cid.code === 0x55);
    if (sealable) this.wanted.set(Buffer.from(cid.multihash.digest).toString('hex'), cid.code);
    else this.impossible = true;
  }
}
