import { isAbort, SmError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Answer, Ask } from '../ask.ts';
import type { ChainConnection } from './chain-connection.ts';
import type { GenesisRule } from './genesis-rule.ts';
import type { EndPointStatus } from './standing.ts';

export interface EndPointState {
  readonly name: string;
  readonly state: EndPointStatus;
  /** By the newest look at its synchronisation; null while unknown. */
  readonly syncing: boolean | null;
  /** Code of the error that made it unusable. */
  readonly lastError: ErrorCode | null;
}

/** Which of several failures is told: an answer says more than silence. */
const tellingOrder: readonly ErrorCode[] = [
  'CHAIN_STATE_PRUNED',
  'CHAIN_UNDECODABLE',
  'DECODER_LOST',
  'CHAIN_BAD_ANSWER',
  'CHAIN_RPC_ERROR',
  'CHAIN_SYNCING',
  'CHAIN_UNREACHABLE',
  'CHAIN_WRONG_GENESIS',
];

/** What an end point said, and not that it could not be asked: its next answers are doubted. */
const wrongAnswers: readonly ErrorCode[] = ['CHAIN_BAD_ANSWER', 'CHAIN_RPC_ERROR', 'CHAIN_UNDECODABLE', 'DECODER_LOST'];

/** So many blocks less than another end point has finalized are no chance of the moment. */
const farBehindBlocks = 50;

/**
 * Puts a question to one end point after the other until one answers: usable ones first, those that are synchronised, follow finality and answered well
 * lately before others, then in the order of the configuration.
 */
export class EndPoints {
  readonly #connections: readonly ChainConnection[];
  readonly #genesis: GenesisRule;

  constructor(connections: readonly ChainConnection[], genesis: GenesisRule) {
    this.#connections = connections;
    this.#genesis = genesis;
  }

  states(): readonly EndPointState[] {
    return this.#connections.map(({ name, standing: { status, syncing, lastError } }) => {
      return { name, state: status, syncing, lastError: lastError?.code ?? null };
    });
  }

  /** Fails as `work` failed where it got furthest; an abort rejects with the signal's reason. */
  async ask<T>(ask: Ask, work: (connection: ChainConnection) => Promise<T>): Promise<Answer<T>> {
    const failures: SmError[] = [];
    for (const connection of this.#inOrder(ask)) {
      ask.signal.throwIfAborted();
      try {
        return { value: await work(connection), endPoint: connection.name };
      } catch (error) {
        ask.signal.throwIfAborted();
        if (isAbort(error) || !(error instanceof SmError) || !isOfEndPoint(error)) throw error;
        if (wrongAnswers.includes(error.code)) connection.standing.answeredWrongly(error);
        failures.push(error);
      }
    }
    throw this.#told(failures);
  }

  /** What an end point said turned out wrong when it was held against something else. */
  doubt(name: string, error: SmError): void {
    this.#connections.find((connection) => connection.name === name)?.standing.answeredWrongly(error);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map(async (connection) => connection.close()));
  }

  #inOrder({ avoid, only }: Ask): readonly ChainConnection[] {
    const candidates =
      only === undefined ? this.#connections : this.#connections.filter((connection) => connection.name === only);
    const newest = Math.max(...this.#connections.map(({ finalizedNumber }) => finalizedNumber));
    const isTroubled = ({ standing, finalizedNumber }: ChainConnection): boolean =>
      standing.syncing === true ||
      standing.doubted ||
      (finalizedNumber >= 0 && newest - finalizedNumber > farBehindBlocks);
    const cost = (connection: ChainConnection): number =>
      (connection.name === avoid ? 4 : 0) + (connection.standing.resting ? 2 : 0) + (isTroubled(connection) ? 1 : 0);
    return candidates.toSorted((a, b) => cost(a) - cost(b));
  }

  #told(failures: readonly SmError[]): SmError {
    const first = failures.toSorted((a, b) => tellingOrder.indexOf(a.code) - tellingOrder.indexOf(b.code))[0];
    if (first === undefined) return new SmError('CHAIN_UNREACHABLE', 'There is no such chain end point', {});
    const answered = failures.filter((error) => error.code !== 'CHAIN_UNREACHABLE');
    if (answered.length === 0 || answered.some((error) => error.code !== 'CHAIN_WRONG_GENESIS')) return first;
    const refused = answered[0] ?? first;
    if (!this.#genesis.everAccepted) return refused;
    const data = { ...refused.data, reason: 'wrong-genesis' };
    return new SmError('CHAIN_UNREACHABLE', 'No chain end point of this chain is left', data, refused);
  }
}

/** Whether another end point may answer where this one failed: a decoding process that cannot be started is lost to all of them. */
function isOfEndPoint({ code, data }: SmError): boolean {
  return tellingOrder.includes(code) && (code !== 'DECODER_LOST' || data['endPoint'] !== undefined);
}
