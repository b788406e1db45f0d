import type { ErrorCode } from '../domain/errors.ts';
import type { Clock } from './clock.ts';

/** The parts outside that an outage can befall. */
export type OutsidePart = 'chain' | 'ipfs' | 'sworker' | 'coordinator' | 'database' | 'disk';

/** Names of conditions, each with its line in docs/operating.md. */
export const conditionNames = [
  'starting',
  'no-group',
  'no-active-nodes',
  'undecided',
  'chain-undecodable',
  'chain-lost-orders',
  'chain-finality',
  'held-orders-gone',
  'cleanup-limit',
  'cleanup-events',
  'cleanup-approval',
  'cleanup-dry-run',
  'sworker-upgrading',
  'pulls-held',
  'daemon-does-not-seal',
  'gc-hold',
  'gc-put-off',
  'files-lost',
  'files-missing',
  'list-files',
  'pull-ends-unwritten',
  'backup-failed',
] as const;

/** What the names begin with that end with the name of who is held back. */
export const conditionPrefixes = ['outage:', 'chain-undecodable-'] as const;

export type ConditionName = (typeof conditionNames)[number] | `${(typeof conditionPrefixes)[number]}${string}`;

/**
 * Something that holds work back now. An `outage` counts towards the end of the process when it lasts; a `wait` never does
 * (syncing, upgrading, a hold of the daemon, nothing to decide by).
 */
export interface Condition {
  readonly name: ConditionName;
  readonly kind: 'outage' | 'wait';
  readonly part: OutsidePart | 'node';
  readonly message: string;
  /** Of the error that raised it, where one did. */
  readonly code?: ErrorCode | undefined;
  /** Unix ms for people, and a monotonic moment for measuring. */
  readonly sinceMs: number;
  readonly sinceMonotonicMs: number;
  /** Whether `ready` is false while it stands. */
  readonly blocksReady: boolean;
}

export interface Outage {
  readonly part: OutsidePart;
  readonly message: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/**
 * What holds the bot back at this moment. Held in memory only: after a restart every part is asked again.
 * A condition is raised by one owner under one name and cleared by the same.
 */
export class Conditions {
  readonly #clock: Clock;
  readonly #standing = new Map<ConditionName, Condition>();
  readonly #readyListeners = new Set<() => void>();
  #lastOutage: Outage | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Raises or renews; the moment it began is kept while it stands for the same part as the same kind, so that an outage behind a long wait has
   * its whole time. Returns true when it is new or another one than before.
   */
  raise(
    name: ConditionName,
    condition: Pick<Condition, 'kind' | 'part' | 'message' | 'code'> & { readonly blocksReady?: boolean },
  ): boolean {
    const before = this.#standing.get(name);
    const standing = before?.kind === condition.kind && before.part === condition.part ? before : undefined;
    if (before !== undefined && standing === undefined) this.clear(name);
    const sinceMs = standing?.sinceMs ?? this.#clock.nowMs();
    this.#standing.set(name, {
      name,
      kind: condition.kind,
      part: condition.part,
      message: condition.message,
      code: condition.code,
      blocksReady: condition.blocksReady ?? true,
      sinceMs,
      sinceMonotonicMs: standing?.sinceMonotonicMs ?? this.#clock.monotonicMs(),
    });
    if (condition.kind === 'outage' && condition.part !== 'node')
      this.#lastOutage = { part: condition.part, message: condition.message, fromMs: sinceMs, toMs: null };
    this.#tellWhenReady();
    return standing === undefined;
  }

  /** Returns true when it stood. */
  clear(name: ConditionName): boolean {
    const standing = this.#standing.get(name);
    this.#standing.delete(name);
    if (standing?.kind === 'outage' && this.#lastOutage?.toMs === null)
      this.#lastOutage = { ...this.#lastOutage, toMs: this.#clock.nowMs() };
    this.#tellWhenReady();
    return standing !== undefined;
  }

  has(name: ConditionName): boolean {
    return this.#standing.has(name);
  }

  /** True while a condition of this part stands. */
  away(part: OutsidePart): boolean {
    return this.list().some((condition) => condition.part === part && condition.kind === 'outage');
  }

  list(): readonly Condition[] {
    return [...this.#standing.values()];
  }

  get ready(): boolean {
    return this.list().every((condition) => !condition.blocksReady);
  }

  /** Resolves as soon as `ready` is true; rejects with the signal's reason when it is aborted before. */
  async untilReady(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.ready) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.#readyListeners.delete(settle);
        signal.removeEventListener('abort', settle);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      this.#readyListeners.add(settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }

  #tellWhenReady(): void {
    if (this.#readyListeners.size === 0 || !this.ready) return;
    for (const listener of this.#readyListeners) listener();
  }

  get lastOutage(): Outage | undefined {
    return this.#lastOutage;
  }
}
