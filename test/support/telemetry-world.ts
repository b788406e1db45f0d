import { onTestFinished } from 'vitest';
import { Conditions } from '../../src/runtime/conditions.ts';
import { Database } from '../../src/store/database.ts';
import { Facts } from '../../src/store/facts.ts';
import { Overview } from '../../src/store/overview.ts';
import { Tally } from '../../src/store/tally.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingLogger } from './quiet-logger.ts';
import { tempDir } from './temp-dir.ts';

interface OrderFigures {
  readonly status: string;
  readonly verdict?: string;
  readonly class?: 'new' | 'db';
  readonly sizeBytes: number;
}

interface PinFigures {
  readonly status: string;
  readonly cause?: 'pull' | 'found';
  readonly sizeBytes: number;
  readonly sealedBytes?: number;
  readonly updatedMs: number;
}

/** A database to count in, with rows put there by hand. */
export class TelemetryWorld {
  readonly clock = new ManualClock();
  readonly conditions = new Conditions(this.clock);
  readonly logger = new RecordingLogger();
  readonly database: Database;
  readonly facts: Facts;
  readonly overview: Overview;
  readonly tally: Tally;
  #rows = 0;

  private constructor(database: Database) {
    this.database = database;
    this.facts = new Facts(database);
    this.overview = new Overview(database);
    this.tally = new Tally(database);
  }

  static async open(): Promise<TelemetryWorld> {
    const database = await Database.open(await tempDir());
    onTestFinished(async () => await database.close());
    return new TelemetryWorld(database);
  }

  async setFact<N extends Parameters<Facts['set']>[1]>(
    name: N,
    content: NonNullable<Awaited<ReturnType<typeof this.facts.find<N>>>>,
  ): Promise<void> {
    await this.database.write('event', async (tx) => await this.facts.set(tx, name, content));
  }

  async order({ status, verdict, sizeBytes, class: orderClass = 'new' }: OrderFigures): Promise<void> {
    this.#rows += 1;
    const row = {
      key_position: this.#rows,
      cid: `cid-${this.#rows}`,
      seen: 1,
      size_bytes: sizeBytes,
      reward_pico: '0',
    };
    const blocks = { calculated_block: 1, expiry_block: 0, read_block: 1, created_block: 1 };
    const others = { replicas: 0, group_hold: 0, class: orderClass, status, verdict: verdict ?? null };
    await this.database.write('event', async (tx) => await tx('file_record').insert({ ...row, ...blocks, ...others }));
  }

  async pin({ status, cause = 'pull', sizeBytes, sealedBytes = 0, updatedMs }: PinFigures): Promise<void> {
    this.#rows += 1;
    const row = { cid: `cid-${this.#rows}`, size_bytes: sizeBytes, sealed_bytes: sealedBytes, status, cause };
    const times = { started_ms: updatedMs, started_block: 1, updated_ms: updatedMs };
    await this.database.write('event', async (tx) => await tx('pin_record').insert({ ...row, ...times }));
  }

  async cleanup(status: string, updatedMs: number): Promise<void> {
    this.#rows += 1;
    const row = { cid: `cid-${this.#rows}`, status, cause: 'event', seen_block: 1 };
    const times = { created_ms: updatedMs, updated_ms: updatedMs };
    await this.database.write('event', async (tx) => await tx('cleanup_record').insert({ ...row, ...times }));
  }
}
