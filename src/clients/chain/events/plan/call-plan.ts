import type { TypeRegistry } from '@polkadot/types';
import { Struct, Vec } from '@polkadot/types-codec';
import type { Codec } from '@polkadot/types-codec/types';
import { compactLength, compactWidth, type Layout, sequence } from './layout.ts';
import { LayoutFinder, made, planned, Unplannable, zeros } from './layout-of.ts';
import { type DirectCall, takeOrder, takeReplicas, type TakeCall } from './market-calls.ts';

const FORMAT_VERSION = 4;
const SIGNED_BIT = 0x80;

/**
 * Reads extrinsics that are an order or a replica report, or a batch of such calls, by the layouts of one runtime's own types: a report's arguments
 * are tens of thousands of bytes, of which the CIDs are wanted.
 */
export class CallPlan {
  readonly #registry: TypeRegistry;
  readonly #finder: LayoutFinder;
  #signature: Layout | null | undefined;
  #calls: ReadonlyMap<number, TakeCall> | undefined;

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
    this.#finder = new LayoutFinder(registry);
  }

  /** The calls in the order they run. Undefined when there is any other, or bytes that cannot be read to their very end: the library has to look. */
  read(bytes: Uint8Array): readonly DirectCall[] | undefined {
    this.#signature ??= planned(() => this.#planSignature());
    this.#calls ??= this.#planCalls();
    const start = compactWidth(bytes, 0);
    if (compactLength(bytes, 0) !== bytes.length - start) return undefined;
    const calls: DirectCall[] = [];
    const at = this.#callAt(bytes, start);
    return at >= 0 && this.#take(bytes, at, calls) === bytes.length ? calls : undefined;
  }

  #take(bytes: Uint8Array, at: number, calls: DirectCall[]): number {
    return this.#calls?.get((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0))?.(bytes, at + 2, calls) ?? -1;
  }

  #callAt(bytes: Uint8Array, start: number): number {
    if (bytes[start] === FORMAT_VERSION) return start + 1;
    return bytes[start] === FORMAT_VERSION + SIGNED_BIT ? (this.#signature?.skip(bytes, start + 1) ?? -1) : -1;
  }

  #planSignature(): Layout {
    const specimen: unknown = made(() =>
      this.#registry.createTypeUnsafe('ExtrinsicSignatureV4', [zeros, { isSigned: true }]),
    );
    if (!(specimen instanceof Struct)) throw new Unplannable('a signature that is none');
    return sequence([...specimen.values()].map((part) => this.#finder.ofPart(part)));
  }

  #planCalls(): ReadonlyMap<number, TakeCall> {
    const { lookup, metadata } = this.#registry;
    const takes = new Map<number, TakeCall>();
    for (const { name: pallet, index: palletIndex, calls } of metadata.pallets) {
      if (calls.isNone) continue;
      for (const { name, index, fields } of lookup.getSiType(calls.unwrap().type).def.asVariant.variants) {
        const names = fields.map((field) => field.name.toString().replace(/^_+/, ''));
        const specimens = (): readonly Codec[] =>
          fields.map(({ type }) =>
            made(() => this.#registry.createTypeUnsafe(this.#registry.createLookupType(type), [zeros])),
          );
        const take = planned(() => this.#takerOf(`${pallet.toString()}.${name.toString()}`, names, specimens));
        if (take !== null) takes.set(palletIndex.toNumber() * 256 + index.toNumber(), take);
      }
    }
    return takes;
  }

  #takerOf(call: string, names: readonly string[], specimens: () => readonly Codec[]): TakeCall {
    const layouts = (): readonly Layout[] => specimens().map((specimen) => this.#finder.of(specimen));
    switch (call) {
      case 'Market.place_storage_order':
        return takeOrder(layouts(), names.indexOf('cid'), names.indexOf('memo'));
      case 'Market.update_replicas':
        return takeReplicas(layouts());
      case 'Utility.batch':
      case 'Utility.batch_all':
        return this.#takeBatch(specimens());
      default:
        throw new Unplannable('a call that hints at nothing');
    }
  }

  #takeBatch([inner, ...rest]: readonly Codec[]): TakeCall {
    if (!(inner instanceof Vec && inner.toRawType() === 'Vec<Call>' && rest.length === 0))
      throw new Unplannable('a batch of another shape');
    const take: TakeCall = (bytes, start, calls) => {
      const count = compactLength(bytes, start);
      let at = count < 0 ? -1 : start + compactWidth(bytes, start);
      for (let index = 0; index < count && at >= 0; index += 1) {
        const taker = this.#calls?.get((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
        // A batch in a batch is left to the library, which knows how deep to look.
        at = taker === undefined || batches.has(taker) ? -1 : taker(bytes, at + 2, calls);
      }
      return at;
    };
    batches.add(take);
    return take;
  }
}

const batches = new WeakSet<TakeCall>();
