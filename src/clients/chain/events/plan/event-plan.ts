import { GenericEvent } from '@polkadot/types';
import type { TypeRegistry } from '@polkadot/types';
import { AbstractInt, Enum, Struct, Vec } from '@polkadot/types-codec';
import { bytesAt, compactLength, compactWidth, type Layout } from './layout.ts';
import { LayoutFinder, made, planned, Unplannable, zeros } from './layout-of.ts';

/** A market event as it lies in the bytes. */
export interface RawEvent {
  readonly method: string;
  /** Null outside of extrinsics. */
  readonly extrinsicIndex: number | null;
  /** The bytes of accounts and byte strings, undefined for fields that are neither. */
  readonly fields: readonly (Uint8Array | undefined)[];
}

interface PlannedEvent {
  /** Null for the events of other pallets. */
  readonly method: string | null;
  readonly fields: readonly Layout[];
}

interface Frame {
  readonly phase: Layout;
  readonly topics: Layout;
}

const SECTION = 'market';
/** The phase that carries the index of an extrinsic. */
const APPLY_EXTRINSIC = 0;

/**
 * Walks `System.Events` by the layouts of one runtime's own types and takes out the market's events. Decoding all events of a block with the library
 * costs some 0.4 ms and makes objects of dozens of values of which none is wanted.
 */
export class EventPlan {
  readonly #registry: TypeRegistry;
  readonly #finder: LayoutFinder;
  /** By pallet and event; null where the layout of a field is not known. */
  readonly #events = new Map<number, PlannedEvent | null>();
  #frame: Frame | null | undefined;

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
    this.#finder = new LayoutFinder(registry);
  }

  /**
   * The market's events in their order. Undefined when the bytes cannot be walked to their very end: an event of unknown layout, or bytes that are no
   * events; which of them it is the library has to tell.
   */
  read(bytes: Uint8Array): readonly RawEvent[] | undefined {
    this.#frame ??= planned(() => this.#planFrame());
    const frame = this.#frame;
    const count = compactLength(bytes, 0);
    if (frame === null || count < 0) return undefined;
    const found: RawEvent[] = [];
    let at = compactWidth(bytes, 0);
    for (let index = 0; index < count; index += 1) {
      const phaseAt = at;
      const eventAt = frame.phase.skip(bytes, phaseAt);
      if (eventAt < 0) return undefined;
      const event = this.#eventAt(bytes, eventAt);
      if (event === null) return undefined;
      const fields: (Uint8Array | undefined)[] = [];
      at = eventAt + 2;
      for (const field of event.fields) {
        const end = field.skip(bytes, at);
        if (end < 0) return undefined;
        if (event.method !== null) fields.push(bytesAt(field, bytes, at, end));
        at = end;
      }
      at = frame.topics.skip(bytes, at);
      if (at < 0) return undefined;
      if (event.method !== null)
        found.push({ method: event.method, extrinsicIndex: extrinsicOf(bytes, phaseAt), fields });
    }
    return at === bytes.length ? found : undefined;
  }

  #eventAt(bytes: Uint8Array, at: number): PlannedEvent | null {
    const pallet = bytes[at];
    const variant = bytes[at + 1];
    if (pallet === undefined || variant === undefined) return null;
    const index = pallet * 256 + variant;
    let event = this.#events.get(index);
    if (event === undefined) {
      event = planned(() => this.#planEvent(pallet, variant));
      this.#events.set(index, event);
    }
    return event;
  }

  #planEvent(pallet: number, variant: number): PlannedEvent {
    const bytes = zeros.slice();
    bytes.set([pallet, variant]);
    const { section, method, data } = made(() => new GenericEvent(this.#registry, bytes));
    return { method: section === SECTION ? method : null, fields: [...data].map((field) => this.#finder.of(field)) };
  }

  #planFrame(): Frame {
    const record: unknown = made(() => this.#registry.createType('EventRecord', zeros));
    if (!(record instanceof Struct)) throw new Unplannable('an event record that is none');
    const [phase, event, topics]: unknown[] = [...record.values()];
    if (
      [...record.keys()].join() !== 'phase,event,topics' ||
      !(phase instanceof Enum && phase.type === 'ApplyExtrinsic' && phase.index === APPLY_EXTRINSIC) ||
      !(phase.inner instanceof AbstractInt && phase.inner.bitLength() === 32) ||
      !(event instanceof GenericEvent && topics instanceof Vec)
    )
      throw new Unplannable('an event record of another shape');
    return { phase: this.#finder.of(phase), topics: this.#finder.of(topics) };
  }
}

function extrinsicOf(bytes: Uint8Array, phaseAt: number): number | null {
  if (bytes[phaseAt] !== APPLY_EXTRINSIC) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(phaseAt + 1, true);
}
