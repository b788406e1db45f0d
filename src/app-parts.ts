import type { ChainClient } from './clients/chain/chain-client.ts';
import type { ChainEndPoint } from './clients/chain/connection/transport.ts';
import type { DecodingLibrary } from './clients/chain/events/library/decoding-library.ts';
import type { CoordinatorClient } from './clients/coordinator/coordinator-client.ts';
import type { HttpTransport } from './clients/http/transport.ts';
import type { Ipfs } from './clients/ipfs/ipfs.ts';
import type { SworkerClient } from './clients/sworker/sworker-client.ts';
import type { Config } from './config/config.ts';
import type { Account } from './domain/account.ts';
import type { DevnetTime } from './domain/devnet.ts';
import type { OrderKey } from './domain/order.ts';
import type { Clock } from './runtime/clock.ts';
import type { Logger } from './runtime/log.ts';
import type { OrderStory } from './store/order-story.ts';
import type { Overview } from './store/overview.ts';

/** The parts outside as transports: a simulation puts its own in their place. */
export interface Outside {
  readonly chainEndPoints: readonly ChainEndPoint[];
  readonly decodingLibrary: DecodingLibrary;
  readonly sworker: HttpTransport;
  readonly ipfs: Ipfs;
  readonly coordinator: HttpTransport | undefined;
  readonly telemetry: HttpTransport | undefined;
}

/** The clients of all parts outside, and how to tell the own account from another. */
export interface Clients {
  readonly account: Account;
  readonly chain: ChainClient;
  readonly sworker: SworkerClient;
  readonly ipfs: Ipfs;
  readonly coordinator: CoordinatorClient | undefined;
  close(): Promise<void>;
}

/** The database of a bot, to look at. */
export interface OpenedOverview {
  readonly overview: Overview;
  readonly clock: Clock;
  story(key: OrderKey): Promise<OrderStory | undefined>;
  close(): Promise<void>;
}

export interface BotOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Refused on any chain but the devnet's. */
  readonly devnetTime?: DevnetTime | undefined;
  readonly outside?: Outside;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Hears of the error that ends the bot before everything else has settled. */
  readonly onFailure?: (error: unknown) => void;
  /** Where somebody looks on: is given the line that tells how a long piece of work gets on, empty while there is none. */
  readonly showProgress?: ((line: string) => void) | undefined;
}
