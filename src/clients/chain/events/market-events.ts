import type { TypeRegistry, Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { chainOrderKey } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { Undecodable } from '../scale/undecodable.ts';
import type { PayerNames } from './payer-names.ts';
import type { EventPlan, RawEvent } from './plan/event-plan.ts';

interface InBlock {
  /** Index of the extrinsic that caused it; null outside of extrinsics (initialization, finalization). */
  readonly extrinsicIndex: number | null;
}

interface PaidEvent extends InBlock {
  readonly kind: 'FileSuccess' | 'RenewFileSuccess' | 'AddPrepaidSuccess';
  readonly key: ChainOrderKey;
  /** ss58 address of the account named by the event; for a renewal the liquidator. */
  readonly payer: string;
}

interface ClosingEvent extends InBlock {
  readonly kind: 'CalculateSuccess' | 'FileClosed' | 'IllegalFileClosed';
  readonly key: ChainOrderKey;
  readonly payer: null;
}

/** Names no order: they stand in the arguments of its extrinsic. */
interface ReplicasEvent extends InBlock {
  readonly kind: 'UpdateReplicasSuccess';
  readonly key: null;
  readonly payer: null;
}

export type MarketEvent = PaidEvent | ClosingEvent | ReplicasEvent;

/** What decoding needs of a runtime. */
export interface EventTypes {
  readonly registry: TypeRegistry;
  readonly eventPlan: EventPlan;
  readonly payers: PayerNames;
}

/**
 * The market's events of one block in the order they happened, from the raw `System.Events` and the types of the runtime that executed the block.
 * Pallet and events are found by name. Throws `Undecodable`.
 */
export function decodeMarketEvents({ registry, eventPlan, payers }: EventTypes, bytes: Uint8Array): MarketEvent[] {
  const events = eventPlan.read(bytes) ?? decodeFully(registry, bytes);
  return events.flatMap((event) => marketEvent(event, payers));
}

/** The bytes of a hex text; undefined when it is none. */
export function hexBytes(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text.slice(2), 'hex');
  // A character that is no digit ends the bytes.
  return text.startsWith('0x') && 2 * bytes.length === text.length - 2 ? bytes : undefined;
}

/** By the library, which has the last word about what is an event. */
export function decodeFully(registry: TypeRegistry, bytes: Uint8Array): readonly RawEvent[] {
  let records: Vec<EventRecord>;
  try {
    records = registry.createType<Vec<EventRecord>>('Vec<EventRecord>', bytes);
  } catch (error) {
    throw new Undecodable('System.Events', `cannot be decoded: ${String(error)}`, hexOf(bytes), error);
  }
  if (records.encodedLength !== bytes.length) {
    // The library fills what is missing with zeros and leaves what is too much.
    throw new Undecodable('System.Events', `${bytes.length} bytes instead of ${records.encodedLength}`, hexOf(bytes));
  }
  return records
    .filter(({ event }) => event.section === 'market')
    .map(({ event, phase }) => ({
      method: event.method,
      extrinsicIndex: phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toNumber() : null,
      fields: [...event.data].map((field) => (field instanceof Uint8Array ? field : undefined)),
    }));
}

function marketEvent({ method, extrinsicIndex, fields }: RawEvent, payers: PayerNames): MarketEvent[] {
  switch (method) {
    case 'FileSuccess':
    case 'RenewFileSuccess':
    case 'AddPrepaidSuccess': {
      const payer = payers.of(bytesOf(fields[0], `${method}.account`));
      return [{ kind: method, key: chainOrderKey(bytesOf(fields[1], `${method}.cid`)), payer, extrinsicIndex }];
    }
    case 'CalculateSuccess':
    case 'FileClosed':
    case 'IllegalFileClosed':
      return [{ kind: method, key: chainOrderKey(bytesOf(fields[0], `${method}.cid`)), payer: null, extrinsicIndex }];
    case 'UpdateReplicasSuccess':
      return [{ kind: method, key: null, payer: null, extrinsicIndex }];
    default:
      return [];
  }
}

/** The bytes of an account or a byte string. A CID is any bytes: going through text would lose some. */
function bytesOf(field: Uint8Array | undefined, name: string): Uint8Array {
  if (field !== undefined) return field;
  throw new Undecodable(`market.${name}`, 'no bytes', undefined);
}

function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
