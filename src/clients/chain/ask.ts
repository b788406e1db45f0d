/** A finalized block. */
export interface BlockRef {
  readonly number: number;
  /** `0x` and 64 lower-case hex digits. */
  readonly hash: string;
}

/** `urgent` questions go ahead of the pages of a walk (`bulk`). */
export type Priority = 'urgent' | 'bulk';

/** How a question is put to the chain. */
export interface Ask {
  readonly signal: AbortSignal;
  /** `urgent` when left out. */
  readonly priority?: Priority;
  /** Name of an end point that is asked only when no other one answers: for a second opinion. */
  readonly avoid?: string;
  /** Name of the only end point to ask. */
  readonly only?: string;
}

/** What was answered, and by which end point (its name, without credentials). */
export interface Answer<T> {
  readonly value: T;
  readonly endPoint: string;
}
