import type { Knex } from 'knex';
import { migrations } from '../../db/migrations/list.ts';
import { SmError } from '../domain/errors.ts';

/** Number of the newest of these migrations, by which their names begin; 0 for none. */
export function schemaOf(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Number.parseInt(name, 10)));
}

/** The schema that this program works with. */
export const ownSchema = schemaOf(migrations.map(({ name }) => name));

/** @throws SmError DATABASE_NEWER when a step is recorded that this program does not know */
export async function assertNotNewer(source: Knex): Promise<void> {
  const unknown = (await recordedSteps(source)).find((step) => !migrations.some(({ name }) => name === step));
  if (unknown !== undefined) {
    throw new SmError(
      'DATABASE_NEWER',
      'the database was written by a newer smanager: run that version, or go back to a backup',
      {
        step: unknown,
      },
    );
  }
}

/** @throws SmError DATABASE_MISSING when no bot has written to it yet */
export async function assertBegun(source: Knex): Promise<void> {
  if ((await recordedSteps(source)).length > 0) return;
  throw new SmError('DATABASE_MISSING', 'the database is empty: the bot fills it when it starts', {});
}

/** @throws SmError DATABASE_OLDER when steps are to come: only the bot takes them, and statements of this program would find no such table */
export async function assertUpToDate(source: Knex): Promise<void> {
  const recorded = await recordedSteps(source);
  if (migrations.every(({ name }) => recorded.includes(name))) return;
  throw new SmError(
    'DATABASE_OLDER',
    'the database is that of an older smanager: the bot brings it up to date when it starts',
    {},
  );
}

async function recordedSteps(source: Knex): Promise<readonly string[]> {
  const tables: { name: string }[] = await source.raw(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'knex_migrations'",
  );
  if (tables.length === 0) return [];
  const recorded: { name: string }[] = await source('knex_migrations').select('name');
  return recorded.map(({ name }) => name);
}

/**
 * Brings the file to this program's schema; one that has it already is not written to. `before` is waited for when a file that holds something is
 * about to be changed.
 */
export async function migrate(writer: Knex, before: () => Promise<void>): Promise<void> {
  await assertNotNewer(writer);
  const config: Knex.MigratorConfig = {
    migrationSource: {
      getMigrations: async () => [...migrations],
      getMigrationName: (migration: (typeof migrations)[number]) => migration.name,
      getMigration: async (migration: (typeof migrations)[number]) => ({
        up: migration.up,
        down: async () => undefined,
      }),
    },
  };
  const [done, pending]: [unknown[], unknown[]] = await writer.migrate.list(config);
  if (pending.length === 0) return;
  if (done.length > 0 && (await holdsSomething(writer))) await before();
  // A bot killed while migrating leaves knex's own lock behind; the instance lock already keeps others out.
  await writer.migrate.forceFreeMigrationsLock(config);
  await writer.migrate.latest(config);
}

async function holdsSomething(source: Knex): Promise<boolean> {
  for (const table of ['config', 'file_record', 'pin_record']) {
    if ((await source(table).first()) !== undefined) return true;
  }
  return false;
}
