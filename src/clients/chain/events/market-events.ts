import { chainOrderKey } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { Undecodable } from '../scale/undecodable.ts';
import type { PayerNames } from './payer-names.ts';
import type { RawEvent } from './plan/event-plan.ts';
import type { Runtime } from './runtimes.ts';

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

/**
 * The market's events of one block in the order they happened, from the raw `System.Events` and the forms of the runtime that executed the block.
 * Pallet and events are found by name. Rejects with `Undecodable`.
 */
export async function decodeMarketEvents(
  { eventPlan, library, payers }: Pick<Runtime, 'eventPlan' | 'library' | 'payers'>,
  bytes: Uint8Array,
): Promise<MarketEvent[]> {
  const events = eventPlan.read(bytes) ?? (await library.events(bytes));
  return events.flatMap((event) => marketEvent(event, payers));
}

/** The bytes of a hex text; undefined when it is none. */
export function hexBytes(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text.slice(2), 'hex');
  // A character that is no digit ends the bytes.
  return text.startsWith('0x') && 2 * bytes.length === text.length - 2 ? bytes : undefined;
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
