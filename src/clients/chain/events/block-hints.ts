import type { GenericCall, TypeRegistry } from '@polkadot/types';
import { chainOrderKey } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { callOf, callsWithin, namedArg } from './calls.ts';
import type { MarketEvent } from './market-events.ts';

const MEMO_BYTES = 128;

/** What the extrinsics of a block say beyond its events. Arguments are hints only: the facts stand in the state. */
export interface BlockHints {
  /** Parallel to the events: the first 128 bytes of the memo of a FileSuccess; null when it cannot be told, and for other events. */
  readonly memos: readonly (Uint8Array | null)[];
  /** Orders whose replicas an `update_replicas` of this block touched. */
  readonly updatedReplicas: readonly ChainOrderKey[];
}

interface PlacedOrder {
  readonly storageKey: string;
  readonly memo: Uint8Array;
}

/** Whether reading the block's body can add anything to its events. */
export function wantsHints(event: MarketEvent): event is MarketEvent & { readonly extrinsicIndex: number } {
  return event.extrinsicIndex !== null && (event.kind === 'FileSuccess' || event.kind === 'UpdateReplicasSuccess');
}

/** `onOpaque` hears of every extrinsic that cannot be decoded; its hints are then unknown. */
export function decodeHints(
  registry: TypeRegistry,
  events: readonly MarketEvent[],
  extrinsics: readonly string[],
  onOpaque: (extrinsicIndex: number, error: unknown) => void,
): BlockHints {
  const calls = new Map<number, readonly GenericCall[]>();
  for (const { extrinsicIndex } of events.filter(wantsHints)) {
    if (calls.has(extrinsicIndex)) continue;
    try {
      const call = callOf(registry, extrinsics[extrinsicIndex] ?? '');
      calls.set(extrinsicIndex, [...callsWithin(registry, call)]);
    } catch (error) {
      calls.set(extrinsicIndex, []);
      onOpaque(extrinsicIndex, error);
    }
  }
  const placed = new Map([...calls].map(([index, within]) => [index, within.flatMap(placedOrder)]));
  const memos = events.map((event) => (event.kind === 'FileSuccess' ? takeMemo(placed, event) : null));
  return { memos, updatedReplicas: [...calls.values()].flat().flatMap(updatedReplicas) };
}

/** Events of one order come in the order of its calls, and a batch stops at the first call that fails: the first call not yet taken is the event's. */
function takeMemo(placed: ReadonlyMap<number, PlacedOrder[]>, event: MarketEvent): Uint8Array | null {
  const orders = event.extrinsicIndex === null ? undefined : placed.get(event.extrinsicIndex);
  const index = orders?.findIndex((order) => order.storageKey === event.key?.storageKey) ?? -1;
  return index < 0 ? null : (orders?.splice(index, 1)[0]?.memo ?? null);
}

function placedOrder(call: GenericCall): PlacedOrder[] {
  if (call.section !== 'market' || call.method !== 'placeStorageOrder') return [];
  const cid = namedArg(call, 'cid');
  const memo = namedArg(call, 'memo');
  if (!(cid instanceof Uint8Array) || !(memo instanceof Uint8Array)) return [];
  return [{ storageKey: chainOrderKey(cid).storageKey, memo: Uint8Array.from(memo.subarray(0, MEMO_BYTES)) }];
}

/** The first argument is a list of (cid, size, replicas). */
function updatedReplicas(call: GenericCall): ChainOrderKey[] {
  if (call.section !== 'market' || call.method !== 'updateReplicas') return [];
  const [files] = call.args;
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: unknown) => {
    const cid: unknown = Array.isArray(file) ? file[0] : undefined;
    return cid instanceof Uint8Array ? [chainOrderKey(cid)] : [];
  });
}
