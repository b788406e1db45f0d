import { decide } from '../../../src/decide/rules/decide.ts';
import { standingAfter } from '../../../src/decide/standing.ts';
import { accountOf, addressOf } from '../../../src/domain/account.ts';
import type { DecidableOrder, Standing } from '../../../src/domain/decision.ts';
import { groupHolds, type OrderKey } from '../../../src/domain/order.ts';
import type { OrderStatus } from '../../../src/domain/statuses.ts';
import type { DecisionBasis } from '../../../src/domain/strategy.ts';
import { DAY_BLOCKS, GIB } from '../../../src/domain/units.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { madeCid, mixed } from './made-cids.ts';

/** The newest finalized block of a made database. */
export const madeHeadBlock = 16_000_000;
export const madeAccount = accountOf('5e'.repeat(32));
/** What all its verdicts were decided by; its number is 1. */
export const madeBasis: DecisionBasis = {
  accountHex: madeAccount.publicKeyHex,
  groupOwner: addressOf(Buffer.alloc(32, 0x99)),
  members: 4,
  ownIndex: 1,
  nodeCount: 2000,
  limits: { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 40, maxReplicas: 100 },
  weights: { dbFilesWeight: 50, newFilesWeight: 50 },
  denyList: null,
  allowList: null,
};

/** How many orders of a made database stand where without a rule saying so. */
export interface MadeShares {
  readonly handled: number;
  readonly closed: number;
  readonly failed: number;
  readonly undecided: number;
}

export interface MadeOrder extends Omit<DecidableOrder, 'status'> {
  readonly key: OrderKey;
  readonly status: OrderStatus;
  readonly seen: number;
  readonly rewardPico: string;
  /** Numbers of the paying accounts, from 0. */
  readonly payers: readonly number[];
}

/** Accounts that pay for orders, as far as their events were seen. */
export const payingAccounts = 3000;

/**
 * One order of a made database, the same for the same index: figures as the chain has them, and what the product's own rules say of it. `place` is its
 * place in the chain's order, by which the few are told that no rule decides about.
 */
export function madeOrder(index: number, place: number, orders: number, shares: MadeShares): MadeOrder {
  const uniform = (salt: number): number => mixed(index, 100 + salt) / 2 ** 32;
  const given = assigned(place, orders, shares);
  const isNew = uniform(1) < 0.12;
  const neverHeld = uniform(2) < 0.04;
  const age = Math.floor((isNew ? 30 : 170) * DAY_BLOCKS * uniform(3));
  const calculatedBlock = madeHeadBlock - 100 - age;
  const key = chainOrderKey(madeCid(index));
  const row: DecidableOrder = {
    id: place + 1,
    key,
    sizeBytes: sizeBytes(uniform(4), uniform(5)),
    calculatedBlock,
    expiryBlock: neverHeld ? 0 : calculatedBlock + 180 * DAY_BLOCKS,
    replicas: neverHeld ? 0 : replicas(uniform(6), uniform(7)),
    groupHold: given === 'handled' && uniform(8) < 0.9 ? groupHolds.ownAccount : holdOf(uniform(8)),
    groupOwner: madeBasis.groupOwner,
    successBlock: isNew ? calculatedBlock : null,
    goneCount: 0,
    oversize: false,
    draw: null,
    status: 'new',
    verdict: null,
    inputs: null,
    orderClass: isNew || neverHeld ? 'new' : 'db',
    lookBlock: null,
    lookCount: 0,
    turnBlock: null,
    revise: false,
    readBlock: madeHeadBlock - 1 - Math.floor(uniform(9) * 7 * DAY_BLOCKS),
    heldHere: given === 'handled',
  };
  const standing = given === 'new' ? row : { ...row, ...standingOf(row, uniform(10)) };
  return {
    ...standing,
    key,
    ...(given === undefined ? {} : { status: given, lookBlock: null, turnBlock: null }),
    seen: isNew ? 3 : 1,
    rewardPico: String(Math.floor(2e9 + 4e12 * uniform(11) ** 3)),
    payers: isNew ? payersOf(uniform(12), uniform(13)) : [],
  };
}

/** As decided when it was read, its looks and turns spread over the time to come, as a bot that has run for long has them. */
function standingOf(row: DecidableOrder, spread: number): Standing {
  const at = row.readBlock + 1;
  const decision = decide(row, { headBlock: at, heldHere: row.heldHere, listMatch: null }, madeBasis);
  const standing = standingAfter(row, decision, 'first', at);
  const ahead = (block: number | null, interval: number): number | null =>
    block === null || block > madeHeadBlock ? block : madeHeadBlock + 1 + Math.floor(spread * interval);
  return {
    ...standing,
    lookBlock: ahead(standing.lookBlock, DAY_BLOCKS),
    turnBlock: ahead(standing.turnBlock, 30 * DAY_BLOCKS),
  };
}

function assigned(place: number, orders: number, shares: MadeShares): OrderStatus | undefined {
  let before = 0;
  // A stride that has no divisor in common with usual counts spreads each kind over the whole table.
  const at = (place * 7_919) % orders;
  for (const [status, count] of [
    ['handled', shares.handled],
    ['closed', shares.closed],
    ['failed', shares.failed],
    ['new', shares.undecided],
  ] as const) {
    if (at < before + count) return status;
    before += count;
  }
  return undefined;
}

/** From 4 KiB to 2 GiB, each power of two alike, and one in twenty from 5 to 30 GiB. */
function sizeBytes(kind: number, exponent: number): number {
  return kind < 0.05 ? Math.floor((5 + 25 * exponent) * GIB) : Math.floor(2 ** (12 + 19 * exponent));
}

/** 0 to 114, 40 in the mean. */
function replicas(first: number, second: number): number {
  return Math.floor(115 * first * (0.4 + 0.6 * second));
}

function holdOf(value: number): DecidableOrder['groupHold'] {
  return value > 0.03 ? groupHolds.no : value > 0.002 ? groupHolds.otherMember : groupHolds.ownAccount;
}

function payersOf(first: number, second: number): readonly number[] {
  const payer = Math.floor(payingAccounts * first ** 2);
  return second < 0.1 ? [payer, (payer + 1) % payingAccounts] : [payer];
}

export function payerAddress(payer: number): string {
  const key = Buffer.alloc(32, 0x70);
  key.writeUInt32BE(payer, 0);
  return addressOf(key);
}
