import { hasCode, isAbort, isOutage, type ErrorCode, type SmError } from '../domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/units.ts';
import type { Clock } from './clock.ts';
import type { ConditionName, Conditions, OutsidePart } from './conditions.ts';
import type { Logger } from './log.ts';

/** What every loop needs from the runtime. */
export interface LoopParts {
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly logger: Logger;
}

export interface LoopOptions {
  /** Unique: names the loop's outage condition. */
  readonly name: string;
  readonly intervalMs: number;
  /** Waits this long before the first round; 0 without it. */
  readonly firstAfterMs?: number;
  /** A round that ended by an outage is tried again after this long; the interval, at most 15 s, without it. */
  readonly retryMs?: number;
}

/** What a round gives that could not even try: it tells nothing about an outage before it. */
export const heldRound = 'held';

/**
 * Runs `round` again and again, the next one starting `intervalMs` after the last ended. A round may ask for an earlier or later next one
 * by returning milliseconds. An outage raises a condition until a round ends well again, or says that it goes on, which a long one should; the log
 * tells it once a round was not held. Any other error rejects, and so ends the process.
 * So does a database that stayed busy: a statement has waited long enough by itself. What the chain says and nobody can decode is asked for again
 * every minute, with an error each hour.
 */
export async function runLoop(
  parts: LoopParts,
  options: LoopOptions,
  signal: AbortSignal,
  round: (signal: AbortSignal, goesOn: () => void) => Promise<number | typeof heldRound | void>,
): Promise<void> {
  const condition = `outage:${options.name}` as const;
  let waitMs = options.firstAfterMs ?? 0;
  let saidMs: number | undefined;
  let hasToSay = false;
  const outageIsOver = (isHeld: boolean): void => {
    saidMs = undefined;
    hasToSay = parts.conditions.clear(condition) || hasToSay;
    if (isHeld || !hasToSay) return;
    hasToSay = false;
    parts.logger.info('Recovered', { loop: options.name });
  };
  while (!signal.aborted) {
    try {
      if (waitMs > 0) await parts.clock.sleep(waitMs, signal);
      signal.throwIfAborted();
      const next = await round(signal, () => outageIsOver(false));
      waitMs = typeof next === 'number' ? next : options.intervalMs;
      outageIsOver(next === heldRound);
    } catch (error) {
      if (signal.aborted && (isAbort(error) || error === signal.reason)) return;
      if (!isOutage(error) || error.isFinal || partOf(error.code) === 'database') throw error;
      noteOutage(parts, condition, options.name, error);
      waitMs = options.retryMs ?? Math.min(options.intervalMs, 15_000);
      if (!hasCode(error, 'CHAIN_UNDECODABLE')) continue;
      waitMs = MINUTE_MS;
      const nowMs = parts.clock.monotonicMs();
      if (saidMs !== undefined && nowMs - saidMs < HOUR_MS) continue;
      saidMs = nowMs;
      parts.logger.error('Cannot decode what the chain says', { loop: options.name, ...error.data }, error);
    }
  }
}

// Time or a person mends these: ending the process would not.
const waitedForWithoutLimit: readonly ErrorCode[] = [
  'SWORKER_UPGRADING',
  'CHAIN_SYNCING',
  'CHAIN_UNDECODABLE',
  'COORDINATOR_UNREACHABLE',
  'COORDINATOR_BAD_ANSWER',
];

function noteOutage(parts: LoopParts, condition: ConditionName, loop: string, error: SmError): void {
  const isNew = parts.conditions.raise(condition, {
    kind: waitedForWithoutLimit.includes(error.code) ? 'wait' : 'outage',
    part: partOf(error.code),
    message: error.message,
    code: error.code,
  });
  if (isNew) parts.logger.warn('Cannot go on for now', { loop, code: error.code, ...error.data }, error);
}

const prefixes: readonly (readonly [string, OutsidePart])[] = [
  ['IPFS_', 'ipfs'],
  ['SWORKER_', 'sworker'],
  ['COORDINATOR_', 'coordinator'],
  ['DATABASE_', 'database'],
  ['DISK_', 'disk'],
  ['TOO_MANY_OPEN_FILES', 'disk'],
];

/** Which outside part an outage code speaks of. */
export function partOf(code: ErrorCode): OutsidePart {
  return prefixes.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'chain';
}
