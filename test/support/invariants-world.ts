import { type FileInfo, decodeFileInfo } from '../../devnet/chain/records/file-info.ts';
import { textBytes } from '../../devnet/chain/runtime/call.ts';
import { fileKey } from '../../devnet/chain/storage-keys.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import { fromSortableText } from '../../src/domain/amount.ts';
import type { InvariantView } from './invariant-view.ts';

interface FigureRow {
  readonly cid: string;
  readonly read_block: number;
  readonly size_bytes: number;
  readonly reward_pico: string;
  readonly calculated_block: number;
  readonly expiry_block: number;
  readonly replicas: number;
}

/** Rows that were held against the chain and found right: what they were read at does not change. */
const foundRight = new WeakMap<ChainModel, Set<string>>();

/** Every row has what `FilesV2` said at the block it was read at, as far as the chain still has that state. */
export async function staleFigures(view: InvariantView): Promise<string[]> {
  const { chain } = view;
  const right = foundRight.get(chain) ?? new Set();
  foundRight.set(chain, right);
  const orders = await view.rows<FigureRow>(
    `SELECT cid, read_block, size_bytes, reward_pico, calculated_block, expiry_block, replicas FROM file_record WHERE status <> 'closed'`,
  );
  return orders.flatMap((row) => {
    const name = Object.values(row).join(' ');
    if (right.has(name)) return [];
    const info = infoAt(chain, row.cid, row.read_block);
    const figures = `${row.size_bytes} ${fromSortableText(row.reward_pico)} ${row.calculated_block} ${row.expiry_block} ${row.replicas}`;
    if (info === undefined || figures === figuresOf(info)) {
      right.add(name);
      return [];
    }
    return [`${row.cid} is ${figures} in the database, and was ${figuresOf(info)} on chain at ${row.read_block}`];
  });
}

function figuresOf({ sizeBytes, amountPico, calculatedAtBlock, expiresAtBlock, replicas }: FileInfo): string {
  return `${sizeBytes} ${amountPico} ${calculatedAtBlock} ${expiresAtBlock} ${replicas.length}`;
}

/** No cleanup waits for an order that was read on chain after its close. */
export async function staleCleanups(view: InvariantView): Promise<string[]> {
  const { chain } = view;
  const open = await view.rows<{ cid: string; status: string; goneBlock: number; readBlock: number }>(
    `SELECT c.cid, c.status, COALESCE(c.confirmed_block, c.seen_block) AS goneBlock, f.read_block AS readBlock
     FROM cleanup_record c JOIN file_record f ON f.cid = c.cid
     WHERE c.status IN ('seen', 'confirmed') AND f.status <> 'closed' AND f.read_block > COALESCE(c.confirmed_block, c.seen_block)`,
  );
  return open
    .filter(({ cid, readBlock }) => infoAt(chain, cid, readBlock) !== undefined)
    .map(({ cid, status, goneBlock, readBlock }) => {
      return `${cid} was gone at ${goneBlock} and on chain at ${readBlock}, and its cleanup is ${status} still`;
    });
}

/** Nothing is given up before its last attempt. */
export async function givenUpEarly(view: InvariantView): Promise<string[]> {
  const { maxAttempts = 0 } = view;
  const failed = await view.rows<{ cid: string; attempts: number }>(
    "SELECT cid, attempts FROM file_record WHERE status = 'failed' AND attempts < ?",
    maxAttempts,
  );
  return failed.map(({ cid, attempts }) => `${cid} failed after ${attempts} of ${maxAttempts} attempts`);
}

/** Of the orders that others are to take none is pulled. */
export function pulledInVain({ unwanted = [], pullsBegun }: InvariantView): string[] {
  return unwanted
    .filter((cid) => pullsBegun?.has(cid) === true)
    .map((cid) => `${cid} was pulled and is not to be taken`);
}

/** Where no node says the same untruth three times no block contradicts itself. */
export async function contradictions(view: InvariantView): Promise<string[]> {
  const gaps = await view.rows<{ block: number }>("SELECT from_block AS block FROM gap WHERE reason = 'contradiction'");
  return gaps.map(({ block }) => `the events and orders of block ${block} are said to contradict each other`);
}

/** No rule can say this of an order that the node is to take. */
const neverOfWanted = ['denied', 'bad-cid', 'bad-size', 'not-ours', 'too-small', 'too-large'];

/** What a verdict says of an order is so: none is expired before its time, and none that the node is to take is refused for what it is. */
export async function untrueVerdicts(view: InvariantView): Promise<string[]> {
  const { chain, wanted = [] } = view;
  const isWanted = new Set(wanted);
  const waiting = await view.rows<{ cid: string; verdict: string; readBlock: number }>(
    "SELECT cid, verdict, read_block AS readBlock FROM file_record WHERE status = 'waiting' AND revise = 0",
  );
  return waiting.flatMap(({ cid, verdict, readBlock }) => {
    const expiresAt = verdict === 'expired' ? infoAt(chain, cid, readBlock)?.expiresAtBlock : undefined;
    const isTooEarly = expiresAt !== undefined && (expiresAt === 0 || expiresAt > chain.finalized.number);
    if (isTooEarly) return [`${cid} is said to be expired, and on chain it expires at ${expiresAt}`];
    return isWanted.has(cid) && neverOfWanted.includes(verdict) ? [`${cid} is to be taken and is ${verdict}`] : [];
  });
}

/** Once everybody has been reachable for long the node holds every file that it is to take, but for those that nobody could get or somebody removed. */
export async function ordersNotTaken(view: InvariantView): Promise<string[]> {
  const { chain, wanted = [] } = view;
  if (wanted.length === 0) return [];
  const head = chain.finalized.number;
  const orders = await view.rows<{ cid: string; status: string; verdict: string | null; isSuccessSeen: number }>(
    'SELECT cid, status, verdict, success_block IS NOT NULL AS isSuccessSeen FROM file_record',
  );
  const known = new Map(orders.map((order) => [order.cid, order]));
  return wanted.flatMap((cid) => {
    const info = infoAt(chain, cid, head);
    if (info === undefined || (info.expiresAtBlock > 0 && info.expiresAtBlock <= head)) return [];
    const { status = 'unknown', verdict, isSuccessSeen } = known.get(cid) ?? {};
    const isRemoved = verdict === 'removed-by-hand';
    // Known by walks alone it is an old order, and of those the ones that end soon are left out.
    const isExpiring = verdict === 'expiring' && isSuccessSeen === 0 && info.expiresAtBlock > 0;
    if (status === 'handled' || status === 'failed' || isRemoved || isExpiring) return [];
    return [`${cid} is to be taken and is ${status} ${verdict ?? ''}`];
  });
}

/** Once everybody has been reachable for long the records say of every file what sWorker says. */
export async function untrueRecords(view: InvariantView): Promise<string[]> {
  const { held, lost } = view;
  if (held === undefined || lost === undefined) return [];
  const pins = await view.rows<{ cid: string; status: string }>(
    "SELECT cid, status FROM pin_record WHERE status IN ('sealed', 'lost')",
  );
  const recorded = new Map(pins.map(({ cid, status }) => [cid, status]));
  const isLost = new Set(lost);
  const told = new Map(held.map((cid) => [cid, isLost.has(cid) ? 'lost' : 'sealed']));
  return [...new Set([...recorded.keys(), ...told.keys()])]
    .filter((cid) => recorded.get(cid) !== told.get(cid))
    .map(
      (cid) =>
        `${cid} is ${told.get(cid) ?? 'not held'} in sWorker and ${recorded.get(cid) ?? 'not held'} in the records`,
    );
}

/** What the chain says of an order at a block; undefined too when it has forgotten the state. */
export function infoAt(chain: ChainModel, cid: string, atBlock: number): FileInfo | undefined {
  const block = chain.history.at(atBlock);
  if (block === undefined || !chain.history.hasState(block)) return undefined;
  const value = chain.storage.getAt(fileKey(textBytes(cid)), atBlock);
  return value === undefined ? undefined : decodeFileInfo(value);
}
