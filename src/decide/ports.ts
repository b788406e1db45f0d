import type { OrderKey, OrderRead } from '../domain/order.ts';
import type { SourceWeights, StrategyLimits } from '../domain/strategy.ts';

/** One configured list with the entries of its files. Owners are ss58-66 texts. `fingerprint` differs when the content does. */
export interface OrderList {
  readonly cids: ReadonlySet<string>;
  readonly owners: ReadonlySet<string>;
  readonly memoPrefixes: readonly string[];
  readonly fingerprint: string;
  readonly isEmpty: boolean;
}

/** A list whose files are read again when they changed. */
export interface OrderListSource {
  /** @throws SmError CONFIG_INVALID, CONFIG_UNREADABLE */
  load(): Promise<OrderList>;
  changed(): Promise<boolean>;
}

/** What the configuration says about the strategy. */
export interface DecideSettings {
  /** The own account's public key, 64 hex digits with or without `0x`. */
  readonly accountHex: string;
  readonly limits: StrategyLimits;
  readonly weights: SourceWeights;
}

/** The chain room's part in a look that comes by time. */
export interface OrderReading {
  /** Reads orders at the newest finalized block; one read a key, in the keys' order. */
  readOrders(keys: readonly OrderKey[], signal: AbortSignal): Promise<readonly OrderRead[]>;
  /** Brings reads to the tables, newer wins. */
  ingestReads(reads: readonly OrderRead[]): Promise<void>;
}
