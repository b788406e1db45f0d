import { addressOf } from '../../../src/domain/account.ts';
import type { GroupFacts } from '../../../src/domain/facts.ts';
import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { OrderIndex } from './orders/order-index.ts';
import { OrderLife } from './orders/order-life.ts';
import { OrderValues } from './orders/order-values.ts';

/** What chain a bench asks for. */
export interface BenchChainOptions {
  readonly orders: number;
  /** Days that the chain can go on for; 0 without it. */
  readonly days?: number;
  /** On those days nothing happens to any order. */
  readonly isStill?: boolean;
  /** Every replica map as large as the chain allows. */
  readonly heaviest?: boolean;
  /** Round trip that the server adds. */
  readonly latencyMs?: number;
  readonly seed?: number;
}

/** The newest finalized block of the first day. */
export const FIRST_BLOCK = 15_000_000;
export const DAY_BLOCKS = 14_400;
const MEMBERS = 5;

const hexOf = (name: string): string => namedAccount(name).slice(2);
const addressOfHex = (hex: string): string => addressOf(Buffer.from(hex, 'hex'));
const ownerHex = hexOf('bench group');
const memberHexes = Array.from({ length: MEMBERS }, (_, index) => hexOf(`bench member ${index}`));
const accountHex = memberHexes[0] ?? '';

/** The bot's account and its group on this chain. Public keys as 64 hex digits. */
export const benchGroup = { ownerHex, memberHexes, accountHex, accountAddress: addressOfHex(accountHex) };

/** The group as the bot stores it. */
export function benchGroupFacts(atBlock: number, atMs: number): GroupFacts {
  const members = memberHexes.map(addressOfHex).toSorted();
  const ownIndex = members.indexOf(benchGroup.accountAddress);
  return { owner: addressOfHex(ownerHex), members, ownIndex, trouble: null, atBlock, atMs };
}

export function blockOfDay(day: number): number {
  return FIRST_BLOCK + day * DAY_BLOCKS;
}

/** The orders of one bench chain: the same for its server and for who checks what was stored. */
export class BenchWorld {
  readonly seed: number;
  readonly life: OrderLife;
  readonly values: OrderValues;
  #index: OrderIndex | undefined;

  constructor({ orders, days = 0, isStill = false, heaviest = false, seed = 1 }: BenchChainOptions) {
    this.seed = seed;
    this.life = new OrderLife({ seed, orders, days, isStill });
    this.values = new OrderValues({ seed, heaviest, block: FIRST_BLOCK, ownerHex, accountHex });
  }

  /** Made when first asked for: seconds at millions of orders. */
  get index(): OrderIndex {
    this.#index ??= new OrderIndex(this.seed, this.life.everOrdered);
    return this.#index;
  }

  dayOf(block: number): number {
    return Math.min(this.life.days, Math.max(0, Math.floor((block - FIRST_BLOCK) / DAY_BLOCKS)));
  }
}
