import { addressOf } from '../../../domain/account.ts';

/** A few payers place most of the orders. */
const maxKept = 2000;

/** Addresses of payers: to make one takes longer than to decode all the events of a block. */
export class PayerNames {
  readonly #kept = new Map<string, string>();

  of(publicKey: Uint8Array): string {
    const hex = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('hex');
    const kept = this.#kept.get(hex);
    if (kept !== undefined) return kept;
    const address = addressOf(publicKey);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < maxKept) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(hex, address);
    return address;
  }
}
