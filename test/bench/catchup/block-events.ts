import { itemIndex, palletTable } from '../../../devnet/chain/pallet-table.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';
import { type ChainShape, happeningsOf, newSpec, oldSpec, type Happening } from './block-mix.ts';
import { accountHex, anchorHex } from './made-accounts.ts';
import { bytes, compact, u128, u32, u64 } from './scale-hex.ts';

const normalInfo = `${u64(200_000_000)}0000`;
/** A mandatory one that pays no fee. */
const inherentInfo = `${u64(160_000_000)}0201`;

/** The runtime that executed a block: the one in the state of its parent. */
export function executingSpec(shape: ChainShape, block: number): SpecVersion {
  return block <= shape.upgradeBlock ? oldSpec : newSpec;
}

/** The value of `System.Events` of a block, and how many events that are. */
export function eventsOf(shape: ChainShape, block: number): { readonly value: string; readonly count: number } {
  const index = indexOf(executingSpec(shape, block));
  const records: string[] = [];
  const deposit = (extrinsic: number, pallet: string, name: string, data: string): void => {
    // Phase ApplyExtrinsic in front, no topics behind.
    records.push(`00${u32(extrinsic)}${index(pallet, name)}${data}00`);
  };
  deposit(0, 'System', 'ExtrinsicSuccess', inherentInfo);
  happeningsOf(shape, block).forEach((happening, place) => {
    const extrinsic = place + 1;
    depositEvents(happening, block, (pallet, name, data) => deposit(extrinsic, pallet, name, data));
    if (happening.kind === 'failed')
      deposit(extrinsic, 'System', 'ExtrinsicFailed', `03${moduleError(happening.error)}${normalInfo}`);
    else deposit(extrinsic, 'System', 'ExtrinsicSuccess', normalInfo);
  });
  return { value: `0x${compact(records.length)}${records.join('')}`, count: records.length };
}

type Deposit = (pallet: string, name: string, data: string) => void;

function depositEvents(happening: Happening, block: number, deposit: Deposit): void {
  switch (happening.kind) {
    case 'report': {
      const reporter = accountHex(happening.account);
      deposit('Swork', 'WorksReportSuccess', reporter + anchorHex(happening.account));
      if (happening.queued)
        deposit('Swork', 'QueueWorkReportSuccess', anchorHex(happening.account) + reporter + accountHex(7));
      return;
    }
    case 'heartbeat':
      deposit('ImOnline', 'HeartbeatReceived', accountHex(happening.account));
      return;
    case 'transfer':
      if (happening.isNewAccount) {
        deposit('System', 'NewAccount', accountHex(happening.to));
        deposit('Balances', 'Endowed', accountHex(happening.to) + u128(5e12));
      }
      deposit('Balances', 'Transfer', accountHex(happening.from) + accountHex(happening.to) + u128(5e12));
      depositFee(deposit);
      return;
    case 'failed':
      depositFee(deposit);
      return;
    case 'order':
      for (const cid of happening.cids) {
        // The price goes to three pots.
        for (const pot of [1, 2, 3])
          deposit('Balances', 'Transfer', accountHex(happening.payer) + accountHex(pot) + u128(1e9 * pot));
        deposit('Market', 'FileSuccess', accountHex(happening.payer) + bytes(cid));
      }
      if (happening.cids.length > 1) deposit('Utility', 'BatchCompleted', '');
      depositFee(deposit);
      return;
    case 'prepaid':
      deposit('Market', 'AddPrepaidSuccess', accountHex(happening.account) + bytes(happening.cid) + u128(1e12));
      depositFee(deposit);
      return;
    case 'renewed':
      deposit('Market', 'RenewFileSuccess', accountHex(happening.account) + bytes(happening.cid));
      deposit('Market', 'CalculateSuccess', bytes(happening.cid));
      return;
    case 'calculated':
      deposit('Market', 'CalculateSuccess', bytes(happening.cid));
      return;
    case 'closed':
      deposit('Balances', 'Transfer', accountHex(1) + accountHex(happening.account) + u128(3e9));
      deposit('Market', 'FileClosed', bytes(happening.cid));
      deposit('Market', 'CalculateSuccess', bytes(happening.cid));
      return;
    case 'update-replicas': {
      const counts = u32(happening.cids.length) + u32(block - 100);
      deposit('Market', 'UpdateReplicasSuccess', accountHex(0) + u32(block) + counts);
    }
  }
}

/** Four fifths to the treasury, the rest to the author. */
function depositFee(deposit: Deposit): void {
  deposit('Treasury', 'Deposit', u128(8e8));
  deposit('Balances', 'Deposit', accountHex(9) + u128(2e8));
}

/** Pallet and error, one byte each in this generation of the runtime. */
function moduleError(error: number): string {
  return `1a0${error}`;
}

function indexOf(spec: SpecVersion): (pallet: string, name: string) => string {
  const table = palletTable(spec);
  const known = knownIndices[spec];
  return (pallet, name) => {
    const text = `${pallet}.${name}`;
    let index = known.get(text);
    if (index === undefined) {
      index = Buffer.from(itemIndex(table, 'events', pallet, name)).toString('hex');
      known.set(text, index);
    }
    return index;
  };
}

const knownIndices: Readonly<Record<SpecVersion, Map<string, string>>> = { 22: new Map(), 25: new Map() };
