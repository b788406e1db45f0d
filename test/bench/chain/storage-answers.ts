import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import type { AnswerText } from './answer-text.ts';
import type { BenchWorld } from './bench-world.ts';
import { KEY_CHARACTERS } from './orders/order-index.ts';

/** Writes the order map's keys and values as JSON, key by key, without an object for any of them. */
export class StorageAnswers {
  readonly #world: BenchWorld;
  readonly #others: (key: string, block: number) => string | null;

  /** @param others the value under a key that is no order's */
  constructor(world: BenchWorld, others: (key: string, block: number) => string | null) {
    this.#world = world;
    this.#others = others;
  }

  /** At most `limit` keys of orders behind `after` (and under `prefix`) that exist on this day. */
  writeKeys(out: AnswerText, prefix: string, after: string | null, limit: number, day: number): void {
    const { index, life } = this.#world;
    const isWholeMap = prefix === storagePrefixes.marketFilesV2;
    let place = after !== null && after >= prefix ? index.placeOf(after, true) : index.placeOf(prefix, false);
    const bytes = out.room(limit * (KEY_CHARACTERS + 3) + 2);
    let at = out.length;
    bytes[at++] = 0x5b;
    for (let left = limit; left > 0 && place < index.count; place += 1) {
      if (!life.existsOn(index.orderAt(place), day)) continue;
      if (!isWholeMap && !index.keyAt(place).startsWith(prefix)) break;
      bytes[at++] = 0x22;
      index.writeKey(place, bytes, at);
      at += KEY_CHARACTERS;
      bytes[at++] = 0x22;
      bytes[at++] = 0x2c;
      left -= 1;
    }
    if (bytes[at - 1] === 0x2c) at -= 1;
    bytes[at++] = 0x5d;
    out.wroteTo(at);
  }

  /** `[key, value]` of each key as `state_queryStorageAt` lists them. */
  writeChanges(out: AnswerText, keys: readonly string[], block: number): void {
    const day = this.#world.dayOf(block);
    out.add('[');
    keys.forEach((key, index) => {
      out.add(index === 0 ? '["' : ',["');
      const from = out.length;
      out.add(key);
      out.add('",');
      this.#writeOrder(out, this.#orderOf(out, key, from), key, day, block);
      out.add(']');
    });
    out.add(']');
  }

  writeValue(out: AnswerText, key: string, block: number): void {
    const from = out.length;
    out.add(key);
    const order = this.#orderOf(out, key, from);
    out.wroteTo(from);
    this.#writeOrder(out, order, key, this.#world.dayOf(block), block);
  }

  /** The order of a key that was written at a place of the answer; -1 when it is none's. */
  #orderOf(out: AnswerText, key: string, at: number): number {
    return key.length === KEY_CHARACTERS ? this.#world.index.find(out.whole, at) : -1;
  }

  #writeOrder(out: AnswerText, order: number, key: string, day: number, block: number): void {
    const { life, values } = this.#world;
    if (order < 0) return out.add(JSON.stringify(this.#others(key, block)));
    if (!life.existsOn(order, day)) return out.add('null');
    const version = life.versionOn(order, day);
    const bytes = out.room(values.maxCharacters(order, version) + 4);
    let at = out.length;
    bytes[at++] = 0x22;
    bytes[at++] = 0x30;
    bytes[at++] = 0x78;
    at = values.write(order, version, bytes, at);
    bytes[at++] = 0x22;
    out.wroteTo(at);
  }
}
