import type { GenericCall, TypeRegistry, Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { Undecodable } from '../../scale/undecodable.ts';
import type { RawEvent } from '../plan/event-plan.ts';
import type { DirectCall } from '../plan/market-calls.ts';
import { callOf, callsWithin, namedArg } from './calls.ts';

/** By the library, which has the last word about what is an event. Throws `Undecodable`. */
export function decodeEvents(registry: TypeRegistry, bytes: Uint8Array): readonly RawEvent[] {
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
      fields: [...event.data].map((field) => (field instanceof Uint8Array ? plainBytes(field) : undefined)),
    }));
}

/** By the library: calls inside of calls, and whatever cannot be read otherwise. Throws `Undecodable`. */
export function decodeCalls(registry: TypeRegistry, extrinsicHex: string): readonly DirectCall[] {
  try {
    return [...callsWithin(registry, callOf(registry, extrinsicHex))].flatMap(marketCall);
  } catch (error) {
    throw new Undecodable('extrinsic', `cannot be decoded: ${String(error)}`, extrinsicHex, error);
  }
}

function marketCall(call: GenericCall): DirectCall[] {
  if (call.section !== 'market') return [];
  if (call.method === 'placeStorageOrder') return placedOrder(call);
  return call.method === 'updateReplicas' ? updatedReplicas(call) : [];
}

function placedOrder(call: GenericCall): DirectCall[] {
  const cid = namedArg(call, 'cid');
  const memo = namedArg(call, 'memo');
  if (!(cid instanceof Uint8Array && memo instanceof Uint8Array)) return [];
  return [{ kind: 'order', cid: plainBytes(cid), memo: plainBytes(memo) }];
}

/** The first argument is a list of (cid, size, replicas). */
function updatedReplicas(call: GenericCall): DirectCall[] {
  const [files] = call.args;
  if (!Array.isArray(files)) return [];
  const cids = files.flatMap((file: unknown) => {
    const cid: unknown = Array.isArray(file) ? file[0] : undefined;
    return cid instanceof Uint8Array ? [plainBytes(cid)] : [];
  });
  return [{ kind: 'replicas', cids }];
}

/** A copy that is nothing else: the library's own kinds of bytes hold on to all of its types and cannot go to another process. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
