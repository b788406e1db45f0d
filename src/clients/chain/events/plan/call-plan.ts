import type { CallForm, CallForms } from './form.ts';
import { compactLength, compactWidth, type Layout, type Layouts } from './layout.ts';
import { type DirectCall, takeOrder, takeReplicas, type TakeCall } from './market-calls.ts';

const FORMAT_VERSION = 4;
const SIGNED_BIT = 0x80;

/**
 * Reads extrinsics that are an order or a replica report, or a batch of such calls, by the layouts of one runtime's own types: a report's arguments
 * are tens of thousands of bytes, of which the CIDs are wanted.
 */
export class CallPlan {
  readonly #signature: Layout | null;
  readonly #batches = new Set<TakeCall>();
  readonly #calls: ReadonlyMap<number, TakeCall>;

  constructor({ signature, calls }: CallForms, layouts: Layouts) {
    this.#signature = signature && layouts.of(signature);
    this.#calls = new Map([...calls].map(([index, form]) => [index, this.#takerOf(form, layouts)]));
  }

  /** The calls in the order they run. Undefined when there is any other, or bytes that cannot be read to their very end: the library has to look. */
  read(bytes: Uint8Array): readonly DirectCall[] | undefined {
    const start = compactWidth(bytes, 0);
    if (compactLength(bytes, 0) !== bytes.length - start) return undefined;
    const calls: DirectCall[] = [];
    const at = this.#callAt(bytes, start);
    return at >= 0 && this.#take(bytes, at, calls) === bytes.length ? calls : undefined;
  }

  #take(bytes: Uint8Array, at: number, calls: DirectCall[]): number {
    return this.#calls.get((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0))?.(bytes, at + 2, calls) ?? -1;
  }

  #callAt(bytes: Uint8Array, start: number): number {
    if (bytes[start] === FORMAT_VERSION) return start + 1;
    return bytes[start] === FORMAT_VERSION + SIGNED_BIT ? (this.#signature?.skip(bytes, start + 1) ?? -1) : -1;
  }

  #takerOf(form: CallForm, layouts: Layouts): TakeCall {
    switch (form.is) {
      case 'order':
        return takeOrder(form, layouts);
      case 'replicas':
        return takeReplicas(form, layouts);
      case 'batch':
      default:
        return this.#takeBatch();
    }
  }

  #takeBatch(): TakeCall {
    const take: TakeCall = (bytes, start, calls) => {
      const count = compactLength(bytes, start);
      let at = count < 0 ? -1 : start + compactWidth(bytes, start);
      for (let index = 0; index < count && at >= 0; index += 1) {
        const taker = this.#calls.get((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
        // A batch in a batch is left to the library, which knows how deep to look.
        at = taker === undefined || this.#batches.has(taker) ? -1 : taker(bytes, at + 2, calls);
      }
      return at;
    };
    this.#batches.add(take);
    return take;
  }
}
