import { MINUTE_MS, SECOND_MS } from '../../../domain/units.ts';

export interface ChainLimits {
  /** Questions in flight to one end point. */
  readonly maxRequestsInFlight: number;
  readonly requestTimeoutMs: number;
  /** Storage keys asked for at once; fewer after an answer was too large. Nodes refuse more than 1000. */
  readonly keysPerRequest: number;
  /** Storage values asked for at once; fewer after an answer was too large. */
  readonly valuesPerRequest: number;
  /** Calls of one batch message, which counts as one question; fewer after an answer was too large. */
  readonly callsPerBatch: number;
  /** Without a finalized head for this long the node is asked for it. */
  readonly headSilenceMs: number;
  /** An end point that could not be reached is left alone for this long. */
  readonly retryMs: number;
  readonly wrongGenesisRetryMs: number;
  /** After a wrong answer of an end point others are asked before it for this long. */
  readonly doubtMs: number;
  /** A head older than this is one of a node that is behind. */
  readonly maxHeadAgeMs: number;
}

export const defaultChainLimits: ChainLimits = {
  maxRequestsInFlight: 4,
  requestTimeoutMs: MINUTE_MS,
  keysPerRequest: 1000,
  valuesPerRequest: 500,
  callsPerBatch: 64,
  headSilenceMs: 30 * SECOND_MS,
  retryMs: SECOND_MS,
  wrongGenesisRetryMs: MINUTE_MS,
  doubtMs: 10 * MINUTE_MS,
  maxHeadAgeMs: 10 * MINUTE_MS,
};
