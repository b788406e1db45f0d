import { BackupTask } from './care/backup-task.ts';
import { HousekeepingTask } from './care/housekeeping-task.ts';
import { PageCheckTask } from './care/page-check-task.ts';
import type { Config } from './config/config.ts';
import type { LoopParts } from './runtime/loop.ts';
import type { Task } from './runtime/task.ts';
import type { Database } from './store/database.ts';
import type { Facts } from './store/facts.ts';
import { Retention } from './store/retention.ts';

interface CareParts extends LoopParts {
  readonly database: Database;
  readonly facts: Facts;
}

/** What looks after the database itself. */
export function careTasks(parts: CareParts, { dataDir, database: settings }: Config): readonly Task[] {
  return [
    new PageCheckTask(parts),
    new HousekeepingTask({
      ...parts,
      retention: new Retention(parts.database),
      retentionBlocks: settings.retentionBlocks,
    }),
    ...(settings.backups === 0 ? [] : [new BackupTask({ ...parts, dataDir, kept: settings.backups })]),
  ];
}
