import { hasCode, type SmError } from '../../../domain/errors.ts';
import { maxMemoBytes } from '../../../domain/order.ts';
import { chainOrderKey } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { Undecodable } from '../scale/undecodable.ts';
import { hexBytes } from './market-events.ts';
import type { MarketEvent } from './market-events.ts';
import type { DirectCall } from './plan/market-calls.ts';
import type { Runtime } from './runtimes.ts';

/** What the extrinsics of a block say beyond its events. Arguments are hints only: the facts stand in the state. */
export interface BlockHints {
  /** Parallel to the events: the first 128 bytes of the memo of a FileSuccess; null when it cannot be told, and for other events. */
  readonly memos: readonly (Uint8Array | null)[];
  /** Orders whose replicas an `update_replicas` of this block touched. */
  readonly updatedReplicas: readonly ChainOrderKey[];
}

/** What decoding extrinsics needs of a runtime. */
type CallReader = Pick<Runtime, 'callPlan' | 'library'>;

interface PlacedOrder {
  readonly storageKey: string;
  readonly memo: Uint8Array;
}

/** What one extrinsic hints at, in the order of its calls. */
interface ExtrinsicHints {
  readonly orders: PlacedOrder[];
  readonly replicas: readonly ChainOrderKey[];
}

/** Whether reading the block's body can add anything to its events. */
export function wantsHints(event: MarketEvent): event is MarketEvent & { readonly extrinsicIndex: number } {
  return event.extrinsicIndex !== null && (event.kind === 'FileSuccess' || event.kind === 'UpdateReplicasSuccess');
}

export function noHints(events: readonly MarketEvent[]): BlockHints {
  return { memos: events.map(() => null), updatedReplicas: [] };
}

/**
 * `onOpaque` hears of every extrinsic that cannot be decoded; its hints are then unknown. One over which the decoding process was lost is such a one too
 * with `takesLosses`; without it that is thrown, as `DECODER_LOST`.
 */
export async function decodeHints(
  reader: CallReader,
  events: readonly MarketEvent[],
  extrinsics: readonly string[],
  onOpaque: (extrinsicIndex: number, error: Error) => void,
  { takesLosses = false } = {},
): Promise<BlockHints> {
  const hints = new Map<number, ExtrinsicHints>();
  for (const { extrinsicIndex } of events.filter(wantsHints)) {
    if (hints.has(extrinsicIndex)) continue;
    try {
      hints.set(extrinsicIndex, hintsOf(await marketCalls(reader, extrinsics[extrinsicIndex] ?? '')));
    } catch (error) {
      const isOpaque = error instanceof Undecodable || (takesLosses && isLostOverExtrinsic(error));
      if (!isOpaque) throw error;
      hints.set(extrinsicIndex, { orders: [], replicas: [] });
      onOpaque(extrinsicIndex, error);
    }
  }
  const memos = events.map((event) => (event.kind === 'FileSuccess' ? takeMemo(hints, event) : null));
  return { memos, updatedReplicas: [...hints.values()].flatMap(({ replicas }) => replicas) };
}

/** Whether the decoding process was lost while it had an extrinsic before it: whoever writes one may have wanted that. */
export function isLostOverExtrinsic(error: unknown): error is SmError {
  return hasCode(error, 'DECODER_LOST') && error.data['field'] === 'extrinsic';
}

async function marketCalls({ callPlan, library }: CallReader, extrinsicHex: string): Promise<readonly DirectCall[]> {
  const bytes = hexBytes(extrinsicHex);
  if (bytes === undefined) throw new Undecodable('extrinsic', 'no hex', extrinsicHex);
  return callPlan.read(bytes) ?? (await library.calls(extrinsicHex));
}

function hintsOf(calls: readonly DirectCall[]): ExtrinsicHints {
  const orders: PlacedOrder[] = [];
  const replicas: ChainOrderKey[] = [];
  for (const call of calls) {
    if (call.kind === 'order') orders.push(placed(call.cid, call.memo));
    else for (const cid of call.cids) replicas.push(chainOrderKey(cid));
  }
  return { orders, replicas };
}

/** Events of one order come in the order of its calls, and a batch stops at the first call that fails: the first call not yet taken is the event's. */
function takeMemo(hints: ReadonlyMap<number, ExtrinsicHints>, event: MarketEvent): Uint8Array | null {
  const orders = event.extrinsicIndex === null ? undefined : hints.get(event.extrinsicIndex)?.orders;
  const index = orders?.findIndex((order) => order.storageKey === event.key?.storageKey) ?? -1;
  return index < 0 ? null : (orders?.splice(index, 1)[0]?.memo ?? null);
}

/** The memo as a copy: it outlives the extrinsic by far. */
function placed(cid: Uint8Array, memo: Uint8Array): PlacedOrder {
  return { storageKey: chainOrderKey(cid).storageKey, memo: Uint8Array.from(memo.subarray(0, maxMemoBytes)) };
}
