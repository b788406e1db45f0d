import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { BlockReader } from './blocks/block-reader.ts';
import { ChainConnection } from './connection/chain-connection.ts';
import { EndPoints } from './connection/end-points.ts';
import { GenesisRule } from './connection/genesis-rule.ts';
import { defaultChainLimits } from './connection/limits.ts';
import type { ChainLimits } from './connection/limits.ts';
import { StorageKeys } from './storage/storage-keys.ts';
import { StorageValues } from './storage/storage-values.ts';
import type { ChainEndPoint } from './connection/transport.ts';
import { EventReader } from './events/event-reader.ts';
import type { DecodingLibrary } from './events/library/decoding-library.ts';
import { FactReader } from './facts/fact-reader.ts';
import { OrderReader } from './orders/order-reader.ts';

/** End points and library are the client's from then on: it closes them. */
export interface ChainClientParts {
  /** In order of preference; names that occur twice get a number. */
  readonly endPoints: readonly ChainEndPoint[];
  /** Genesis hash of the chain that the database belongs to; null lets the first end point that answers decide. */
  readonly genesisHash: string | null;
  readonly clock: Clock;
  /** What answers are waited for by; `clock` without it. */
  readonly answerClock?: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<ChainLimits>;
  readonly library: DecodingLibrary;
}

/** Everything that is read from the chain. It connects at the first question. */
export class ChainClient {
  readonly endPoints: EndPoints;
  readonly blocks: BlockReader;
  readonly orders: OrderReader;
  readonly events: EventReader;
  readonly facts: FactReader;
  readonly #library: DecodingLibrary;

  constructor({ clock, answerClock = clock, ...parts }: ChainClientParts) {
    const { endPoints, genesisHash, logger, limits: wanted, library } = parts;
    const limits = { ...defaultChainLimits, ...wanted };
    const genesis = new GenesisRule(genesisHash);
    const connections = withUniqueNames(endPoints).map(
      (endPoint) => new ChainConnection({ endPoint, genesis, limits, clock: answerClock, logger }),
    );
    const keys = new StorageKeys(limits.keysPerRequest);
    const values = new StorageValues(limits.valuesPerRequest);
    this.endPoints = new EndPoints(connections, genesis);
    this.blocks = new BlockReader(this.endPoints, values, clock, limits);
    this.orders = new OrderReader(this.endPoints, keys, values);
    this.#library = library;
    this.events = new EventReader(this.endPoints, this.#library, logger);
    this.facts = new FactReader(this.endPoints, keys, values);
  }

  /** Fails what is in flight, drops the connections and ends the library. */
  async close(): Promise<void> {
    await this.endPoints.close();
    await this.#library.close();
  }
}

/** Two addresses may differ in nothing but what their names leave out. */
function withUniqueNames(endPoints: readonly ChainEndPoint[]): readonly ChainEndPoint[] {
  const seen = new Map<string, number>();
  return endPoints.map((endPoint) => {
    const count = (seen.get(endPoint.name) ?? 0) + 1;
    seen.set(endPoint.name, count);
    return count === 1 ? endPoint : { ...endPoint, name: `${endPoint.name} #${count}` };
  });
}
