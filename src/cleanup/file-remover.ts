import type { PinRows } from '../store/pin-rows.ts';
import type { CleanupIpfs, CleanupSworker } from './ports.ts';

/** The one way by which this bot deletes a held file. */
export class FileRemover {
  readonly #sworker: CleanupSworker;
  readonly #ipfs: CleanupIpfs;
  readonly #pins: Pick<PinRows, 'isOurPin'>;

  constructor(parts: {
    readonly sworker: CleanupSworker;
    readonly ipfs: CleanupIpfs;
    readonly pins: Pick<PinRows, 'isOurPin'>;
  }) {
    this.#sworker = parts.sworker;
    this.#ipfs = parts.ipfs;
    this.#pins = parts.pins;
  }

  /**
   * Deletes the file in sWorker, which unpins it, and takes away a pin that a pull of ours made and sWorker left.
   * @returns `absent` when sWorker did not have it
   * @throws SmError SWORKER_* (UNREACHABLE: nobody knows whether it was deleted), IPFS_*
   */
  async remove(cid: string, signal: AbortSignal): Promise<'deleted' | 'absent'> {
    const answer = await this.#sworker.deleteFile(cid, signal);
    if (await this.#pins.isOurPin(cid)) await this.#ipfs.pinRemove(cid, signal);
    return answer;
  }
}
