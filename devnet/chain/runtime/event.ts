import { itemIndex } from '../pallet-table.ts';
import type { PalletTable } from '../pallet-table.ts';
import { concat, u32, u64, u8, vec } from '../scale/write.ts';

/** An event with its arguments already encoded. */
export type ChainEvent = { readonly pallet: string; readonly name: string; readonly args: readonly Uint8Array[] };

/** The part of a block's execution that an event was deposited in; a number is the extrinsic's index. */
export type Phase = 'initialization' | 'finalization' | number;

export type EventRecord = { readonly phase: Phase; readonly event: ChainEvent };

export function event(pallet: string, name: string, ...args: Uint8Array[]): ChainEvent {
  return { pallet, name, args };
}

/** Why a call failed. */
export type DispatchError =
  | { readonly kind: 'badOrigin' }
  | { readonly kind: 'module'; readonly pallet: string; readonly error: string };

/** Thrown inside the runtime when a call fails; what it wrote before stays unless a transaction is rolled back. */
export class DispatchFailure extends Error {
  readonly error: DispatchError;

  constructor(error: DispatchError) {
    super(error.kind === 'module' ? `${error.pallet}.${error.error}` : error.kind);
    this.name = 'DispatchFailure';
    this.error = error;
  }
}

/** Throws the module error unless the condition holds. */
export function ensure(condition: boolean, pallet: string, error: string): asserts condition {
  if (!condition) throw new DispatchFailure({ kind: 'module', pallet, error });
}

/** This runtime generation writes a module error as pallet index and error index, one byte each. */
export function encodeDispatchError(error: DispatchError, table: PalletTable): Uint8Array {
  if (error.kind === 'badOrigin') return u8(2);
  return concat([u8(3), itemIndex(table, 'errors', error.pallet, error.error)]);
}

/** `DispatchInfo`: weight, class (0 normal, 2 mandatory), whether a fee is paid (0 yes). */
export function dispatchInfo(weight: bigint, isMandatory: boolean): Uint8Array {
  return concat([u64(weight), u8(isMandatory ? 2 : 0), u8(isMandatory ? 1 : 0)]);
}

/** The value of `System.Events`. */
export function encodeEventRecords(records: readonly EventRecord[], table: PalletTable): Uint8Array {
  return vec(
    records.map(({ phase, event: { pallet, name, args } }) =>
      concat([encodePhase(phase), itemIndex(table, 'events', pallet, name), ...args, vec([])]),
    ),
  );
}

function encodePhase(phase: Phase): Uint8Array {
  if (phase === 'finalization') return u8(1);
  if (phase === 'initialization') return u8(2);
  return concat([u8(0), u32(phase)]);
}
