/** How the values of one type lie in bytes. Plain data: it is found beside the library, in another process, and used here. Never circular. */
export type Form =
  | { readonly is: 'nothing' | 'bool' | 'byteString' | 'era' }
  /** `bytes` are wanted as they are, such as an account or a hash. */
  | { readonly is: 'number' | 'bytes'; readonly sizeBytes: number }
  /** A compact number of a type with so many bits. */
  | { readonly is: 'compact'; readonly bits: number }
  | { readonly is: 'sequence'; readonly parts: readonly Form[] }
  | { readonly is: 'list'; readonly item: Form }
  | { readonly is: 'option'; readonly inner: Form }
  | { readonly is: 'variants'; readonly byIndex: ReadonlyMap<number, Form> };

export interface EventForm {
  /** Null for the events of other pallets than the market. */
  readonly method: string | null;
  readonly fields: readonly Form[];
}

export interface EventForms {
  /** Null when its form is not known: then nothing can be told of any event. */
  readonly frame: { readonly phase: Form; readonly topics: Form } | null;
  /** By pallet × 256 + event; those of unknown form are left out. */
  readonly events: ReadonlyMap<number, EventForm>;
}

export type CallForm =
  | { readonly is: 'order'; readonly args: readonly Form[]; readonly cidAt: number; readonly memoAt: number }
  /** The first argument is a list of items, which begin with a CID. */
  | { readonly is: 'replicas'; readonly item: Form; readonly cid: Form; readonly rest: readonly Form[] }
  | { readonly is: 'batch' };

export interface CallForms {
  /** What stands before the call of a signed extrinsic; null when its form is not known. */
  readonly signature: Form | null;
  /** By pallet × 256 + call; those that hint at nothing are left out. */
  readonly calls: ReadonlyMap<number, CallForm>;
}

/** All that is read of a runtime's blocks without the library. */
export interface RuntimeForms {
  readonly events: EventForms;
  readonly calls: CallForms;
}
