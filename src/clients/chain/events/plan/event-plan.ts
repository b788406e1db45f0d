import type { EventForms } from './form.ts';
import { bytesAt, compactLength, compactWidth, type Layout, type Layouts } from './layout.ts';

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

/** The phase that carries the index of an extrinsic. */
const APPLY_EXTRINSIC = 0;

/**
 * Walks `System.Events` by the layouts of one runtime's own types and takes out the market's events. Decoding all events of a block with the library
 * costs some 0.4 ms and makes objects of dozens of values of which none is wanted.
 */
export class EventPlan {
  /** By pallet and event; none where the form of a field is not known. */
  readonly #events: ReadonlyMap<number, PlannedEvent>;
  readonly #frame: Frame | null;

  constructor({ frame, events }: EventForms, layouts: Layouts) {
    this.#frame = frame && { phase: layouts.of(frame.phase), topics: layouts.of(frame.topics) };
    this.#events = new Map(
      [...events].map(([index, { method, fields }]) => [
        index,
        { method, fields: fields.map((field) => layouts.of(field)) },
      ]),
    );
  }

  /**
   * The market's events in their order. Undefined when the bytes cannot be walked to their very end: an event of unknown layout, or bytes that are no
   * events; which of them it is the library has to tell.
   */
  read(bytes: Uint8Array): readonly RawEvent[] | undefined {
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
      if (event === undefined) return undefined;
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

  #eventAt(bytes: Uint8Array, at: number): PlannedEvent | undefined {
    const pallet = bytes[at];
    const variant = bytes[at + 1];
    return pallet === undefined || variant === undefined ? undefined : this.#events.get(pallet * 256 + variant);
  }
}

function extrinsicOf(bytes: Uint8Array, phaseAt: number): number | null {
  if (bytes[phaseAt] !== APPLY_EXTRINSIC) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(phaseAt + 1, true);
}
