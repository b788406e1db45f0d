import type { TypeRegistry, Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import type { Codec } from '@polkadot/types-codec/types';
import { addressOf } from '../../../domain/account.ts';
import { chainOrderKey } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { Undecodable } from '../scale/undecodable.ts';

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
 * The market's events of one block in the order they happened, from the raw `System.Events` and the types of the runtime that executed the block.
 * Pallet and events are found by name. Throws `Undecodable`.
 */
export function decodeMarketEvents(registry: TypeRegistry, value: string): MarketEvent[] {
  return decodeRecords(registry, value).flatMap((record) => {
    return record.event.section === 'market' ? marketEvent(record) : [];
  });
}

function decodeRecords(registry: TypeRegistry, value: string): readonly EventRecord[] {
  const bytes = Buffer.from(value.slice(2), 'hex');
  let records: Vec<EventRecord>;
  try {
    records = registry.createType<Vec<EventRecord>>('Vec<EventRecord>', bytes);
  } catch (error) {
    throw new Undecodable('System.Events', `cannot be decoded: ${String(error)}`, value, error);
  }
  if (records.encodedLength === bytes.length) return records;
  // The library fills what is missing with zeros and leaves what is too much.
  throw new Undecodable('System.Events', `${bytes.length} bytes instead of ${records.encodedLength}`, value);
}

function marketEvent({ event, phase }: EventRecord): MarketEvent[] {
  const extrinsicIndex = phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toNumber() : null;
  const { data, method } = event;
  switch (method) {
    case 'FileSuccess':
    case 'RenewFileSuccess':
    case 'AddPrepaidSuccess': {
      const payer = addressOf(bytesOf(data[0], `${method}.account`));
      return [{ kind: method, key: chainOrderKey(bytesOf(data[1], `${method}.cid`)), payer, extrinsicIndex }];
    }
    case 'CalculateSuccess':
    case 'FileClosed':
    case 'IllegalFileClosed':
      return [{ kind: method, key: chainOrderKey(bytesOf(data[0], `${method}.cid`)), payer: null, extrinsicIndex }];
    case 'UpdateReplicasSuccess':
      return [{ kind: method, key: null, payer: null, extrinsicIndex }];
    default:
      return [];
  }
}

/** The bytes of an account or a byte string. A CID is any bytes: going through text would lose some. */
function bytesOf(field: Codec | undefined, name: string): Uint8Array {
  if (field instanceof Uint8Array) return field.slice();
  throw new Undecodable(`market.${name}`, 'no bytes', field?.toRawType());
}
