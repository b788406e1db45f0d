import { itemIndex, palletTable } from '../../../devnet/chain/pallet-table.ts';
import { madeCid } from '../database/made-cids.ts';
import { executingSpec } from './block-events.ts';
import { type ChainShape, type Happening, happeningsOf } from './block-mix.ts';
import { accountHex, anchorHex } from './made-accounts.ts';
import { bytes, compact, u32, u64, vec } from './scale-hex.ts';

/** Signed, version 4, by sr25519 with any signature, immortal, nonce 5, no tip. */
const signedHead = (account: number): string => `84${accountHex(account)}01${'01'.repeat(64)}001400`;
/** A pool of work reports of 0 to 40 files: what they hold nobody reads. */
const reports = Array.from({ length: 41 }, (_, files) => reportedFiles(files));

/** The memo of each order placed in a block. */
export function memoOf(block: number): string {
  return `bench ${block}`;
}

/** The extrinsics of a block as nodes print them. */
export function extrinsicsOf(shape: ChainShape, block: number): readonly string[] {
  const table = palletTable(executingSpec(shape, block));
  const call = (pallet: string, name: string): string =>
    Buffer.from(itemIndex(table, 'calls', pallet, name)).toString('hex');
  const timestamp = `04${call('Timestamp', 'set')}${compact(block * 6000)}`;
  const bodies = happeningsOf(shape, block).map((happening) => extrinsicOf(happening, block, call));
  return [timestamp, ...bodies].map((body) => `0x${compact(body.length / 2)}${body}`);
}

function extrinsicOf(happening: Happening, block: number, call: (pallet: string, name: string) => string): string {
  switch (happening.kind) {
    case 'report': {
      const { account } = happening;
      const figures = u64(block - (block % 600)) + bytes(Buffer.alloc(32)) + u64(1e12) + u64(1e11);
      const files = reports[(block + account) % reports.length] ?? '';
      const rest = files + '00' + bytes(Buffer.alloc(32)) + bytes(Buffer.alloc(32)) + bytes(Buffer.alloc(64));
      return `${signedHead(account)}${call('Swork', 'report_works')}${anchorHex(account)}00${figures}${rest}`;
    }
    case 'heartbeat':
      // Block, network state (a peer's id and no address), session, authority, number of validators, signature.
      return `04${call('ImOnline', 'heartbeat')}${u32(block)}${bytes(Buffer.alloc(38))}00${u32(1).repeat(3)}${'01'.repeat(64)}`;
    case 'transfer':
      return `${signedHead(happening.from)}${call('Balances', 'transfer')}${accountHex(happening.to)}${compact(5e12)}`;
    case 'failed':
      return `${signedHead(happening.account)}${call('Market', 'calculate_reward')}${bytes('nobody ordered this')}`;
    case 'order': {
      const orders = happening.cids.map(
        (cid) => `${call('Market', 'place_storage_order')}${bytes(cid)}${u64(4e6)}00${bytes(memoOf(block))}`,
      );
      const whole = orders.length === 1 ? orders[0] : call('Utility', 'batch') + vec(orders);
      return `${signedHead(happening.payer)}${whole}`;
    }
    case 'prepaid':
      return `${signedHead(happening.account)}${call('Market', 'add_prepaid')}${bytes(happening.cid)}${compact(1e12)}`;
    case 'renewed':
    case 'calculated':
    case 'closed':
      return `${signedHead(happening.account)}${call('Market', 'calculate_reward')}${bytes(happening.cid)}`;
    case 'update-replicas': {
      const files = happening.cids.map((cid, at) => bytes(cid) + u64(4e6) + vec(replicaChanges(at, block)));
      return `${signedHead(0)}${call('Market', 'update_replicas')}${vec(files)}${u32(block - 100)}`;
    }
    default:
      return unknown(happening);
  }
}

function unknown(happening: never): never {
  throw new TypeError(`no extrinsic for ${JSON.stringify(happening)}`);
}

function reportedFiles(files: number): string {
  return vec(Array.from({ length: files }, (_, at) => bytes(madeCid(8_000_000 + at)) + u64(4e6) + u64(1000)));
}

/** One or two copies added. */
function replicaChanges(at: number, block: number): readonly string[] {
  return Array.from({ length: 1 + (at % 2) }, (_, copy) => {
    const slots = u64(block - (block % 600)) + u32(block - 200) + u32(block - 300);
    return `${accountHex(at + copy)}${accountHex(copy)}${anchorHex(at)}${slots}01`;
  });
}
