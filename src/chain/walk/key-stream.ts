import type { Answer, Ask, BlockRef } from '../../clients/chain/ask.ts';
import { parseStorageKey, prefixOf } from '../../clients/chain/keys/order-key.ts';
import { SmError } from '../../domain/errors.ts';
import type { Chain, PageKey } from '../ports.ts';
import { KeyDensity } from './key-density.ts';
import type { Pace } from './pace.ts';

/** More than this nodes refuse. */
const maxKeys = 1000;
/** Keys that a stretch should hold: three deviations of their number fit between this and a whole answer, or it would take two. */
const wantedKeys = 940;
/** Stretches asked for before the first of them was handed out. */
const stretchesAhead = 4;
const positions = 2 ** 48;

/** Keys in the chain's order, all those between `afterCursor` and the last of them. */
export interface KeyPage {
  readonly keys: readonly PageKey[];
  readonly at: BlockRef;
  readonly endPoint: string;
  /** Storage key of the last one before; null at the beginning of the map. */
  readonly afterCursor: string | null;
  /** No key comes behind `afterCursor`. */
  readonly isLast: boolean;
}

interface KeyAnswer {
  readonly keys: readonly PageKey[];
  readonly at: BlockRef;
  readonly endPoint: string;
}

/** A part of the map that is asked for by itself. */
interface Stretch {
  /** Asked behind this. */
  readonly after: string | null;
  readonly fromPosition: number;
  /** Where it ends, exclusive. */
  readonly beforePosition: number;
  readonly answer: Promise<KeyAnswer>;
}

interface KeyStreamParts {
  readonly chain: Pick<Chain, 'orders'>;
  readonly pace: Pace;
  /** Where the next question goes: a block, and the end point that has it. */
  readonly source: () => Answer<BlockRef>;
  readonly ask: Ask;
  /** The last key that is done with. */
  readonly cursor: string | null;
}

/**
 * All keys behind a cursor, page by page in the chain's order, several questions being under way at once: the map is cut ahead of the cursor into
 * stretches of about a page, by how densely the keys lie. One that holds more is read to its end before the next is handed out; an answer proves that
 * a stretch is at its end by a key beyond it, or by being empty, which is the end of the map.
 */
export class KeyStream {
  readonly #parts: KeyStreamParts;
  readonly #density = new KeyDensity();
  readonly #stretches: Stretch[] = [];
  /** Behind which the next stretch begins. */
  #planned: { readonly after: string | null; readonly position: number };
  #cursor: string | null;
  #turn: Promise<unknown> = Promise.resolve();
  /** Nothing more is asked. */
  #stopped = false;
  #ended = false;

  constructor(parts: KeyStreamParts) {
    this.#parts = parts;
    this.#cursor = parts.cursor;
    this.#planned = {
      after: parts.cursor,
      position: parts.cursor === null ? 0 : parseStorageKey(parts.cursor).position,
    };
  }

  /** The next page, undefined behind the last one. May be called again before it has answered. */
  async next(): Promise<KeyPage | undefined> {
    const page = this.#turn.then(async () => await this.#next());
    // Who called for that page is told; later pages fail with it.
    this.#turn = page;
    return await page;
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([this.#turn, ...this.#stretches.map(async (stretch) => await stretch.answer)]);
  }

  async #next(): Promise<KeyPage | undefined> {
    while (!this.#ended) {
      const stretch = this.#stretches[0] ?? this.#plan();
      const { keys, at, endPoint } = await stretch.answer;
      if (keys.length === 0) {
        this.#ended = true;
        return { keys, at, endPoint, afterCursor: this.#cursor, isLast: true };
      }
      const inside = keysBefore(keys, stretch.beforePosition);
      this.#advance(stretch, inside, inside.length < keys.length);
      this.#planAhead();
      const last = inside.at(-1);
      if (last === undefined) continue;
      const afterCursor = this.#cursor;
      this.#cursor = last.storageKey;
      return { keys: inside, at, endPoint, afterCursor, isLast: false };
    }
    return undefined;
  }

  #advance(stretch: Stretch, inside: readonly PageKey[], isDone: boolean): void {
    const { fromPosition, beforePosition } = stretch;
    this.#stretches.shift();
    const last = inside.at(-1);
    if (isDone || last === undefined) {
      this.#density.note(inside.length, beforePosition - fromPosition);
      return;
    }
    this.#density.note(inside.length, last.position - fromPosition);
    if (beforePosition >= positions) this.#planned = { after: last.storageKey, position: last.position };
    else this.#stretches.unshift(this.#stretch(last.storageKey, last.position, beforePosition));
  }

  #planAhead(): void {
    while (!this.#stopped && this.#stretches.length < stretchesAhead && this.#planned.position < positions)
      this.#plan();
  }

  /** Asks for the stretch behind the last planned one; the rest of the map while nothing is known of its density. */
  #plan(): Stretch {
    const { after, position } = this.#planned;
    const width = this.#density.positionsOf(wantedKeys);
    const end = width === undefined ? positions : Math.min(positions, position + width);
    const stretch = this.#stretch(after, position, end);
    this.#planned = { after: prefixOf(end), position: end };
    this.#stretches.push(stretch);
    return stretch;
  }

  #stretch(after: string | null, fromPosition: number, beforePosition: number): Stretch {
    const answer = this.#ask(after, fromPosition, beforePosition);
    // It is thrown when its turn comes.
    answer.catch(() => (this.#stopped = true));
    return { after, fromPosition, beforePosition, answer };
  }

  async #ask(after: string | null, fromPosition: number, beforePosition: number): Promise<KeyAnswer> {
    const { chain, pace, ask } = this.#parts;
    const expected = this.#density.keysOn(beforePosition - fromPosition);
    const limit = beforePosition < positions ? limitFor(expected) : maxKeys;
    await pace.enter(limit, ask.signal);
    const { value: at, endPoint: only } = this.#parts.source();
    const { value: keys, endPoint } = await chain.orders.keysPage(
      { at, afterStorageKey: after, limit },
      { ...ask, only },
    );
    pace.correct(keysBefore(keys, beforePosition).length - limit);
    assertAscending(keys, after, { endPoint, block: at.number });
    return { keys, at, endPoint };
  }
}

/** What is left of a stretch that held more than an answer is not worth a whole one. */
function limitFor(expected: number): number {
  return expected > wantedKeys / 2 ? maxKeys : Math.min(maxKeys, Math.ceil(expected * 1.5) + 32);
}

function keysBefore(keys: readonly PageKey[], beforePosition: number): readonly PageKey[] {
  let end = keys.length;
  while (end > 0 && (keys[end - 1]?.position ?? 0) >= beforePosition) end -= 1;
  return end === keys.length ? keys : keys.slice(0, end);
}

// An end point that ignores the start key would be walked for ever.
function assertAscending(
  keys: readonly PageKey[],
  after: string | null,
  source: { readonly endPoint: string; readonly block: number },
): void {
  let before: PageKey | undefined;
  for (const key of keys) {
    const ascends =
      before === undefined
        ? key.storageKey > (after ?? '')
        : key.position > before.position || (key.position === before.position && key.storageKey > before.storageKey);
    if (!ascends)
      throw new SmError('CHAIN_BAD_ANSWER', 'the keys of a page do not ascend', { ...source, field: key.storageKey });
    before = key;
  }
}
