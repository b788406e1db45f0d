import { SmError } from '../domain/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { listBackups, removeOldBackups } from '../store/backups/backup-folder.ts';
import { takeBackup } from '../store/backups/take-backup.ts';

interface BackupParts extends LoopParts {
  readonly dataDir: string;
  /** At least 1. */
  readonly kept: number;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** A start has better things to do. */
const firstAfterMs = 20 * MINUTE_MS;
const condition = 'backup-failed';
const kind = 'daily';

/** Copies the database once a day. That it cannot is said and tried again each hour; it never ends the process. */
export class BackupTask implements Task {
  readonly name = 'backups';
  readonly #parts: BackupParts;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { name: this.name, intervalMs: DAY_MS, firstAfterMs };
    await runLoop(this.#parts, options, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<number> {
    const { conditions, logger } = this.#parts;
    try {
      const waitMs = await this.#untilDueMs();
      if (waitMs <= 0) await this.#backUp(signal);
      conditions.clear(condition);
      return waitMs <= 0 ? DAY_MS : Math.max(waitMs, MINUTE_MS);
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      const message = `no backup of the database: ${error.message}`;
      const isNew = conditions.raise(condition, { kind: 'wait', part: 'disk', message, blocksReady: false });
      if (isNew) logger.warn('The database could not be backed up', { code: error.code, ...error.data }, error);
      return HOUR_MS;
    }
  }

  /** By the names of those that stand. One of a time to come was made before the clock was stepped back and says nothing. */
  async #untilDueMs(): Promise<number> {
    const { clock, dataDir } = this.#parts;
    const nowMs = clock.nowMs();
    const newest = (await listBackups(dataDir)).find((backup) => backup.kind === kind && backup.atMs <= nowMs);
    return newest === undefined ? 0 : newest.atMs + DAY_MS - nowMs;
  }

  async #backUp(signal: AbortSignal): Promise<void> {
    const { clock, dataDir, freeBytes, logger } = this.#parts;
    const startedMs = clock.monotonicMs();
    const order = { dataDir, kind, atMs: clock.nowMs(), isOpenHere: true, freeBytes, signal } as const;
    const { file, schema, sizeBytes } = await takeBackup(order);
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    logger.info('Backed up the database', { file, schema, sizeBytes, tookMs });
    await this.#removeOld(file);
  }

  /** The backup of the day stands whether it succeeds or not; the next one tries again. */
  async #removeOld(newest: string): Promise<void> {
    const { dataDir, kept, logger } = this.#parts;
    try {
      await removeOldBackups(dataDir, { kind, kept, newest });
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      logger.warn('An old backup of the database could not be removed', { code: error.code, ...error.data }, error);
    }
  }
}
