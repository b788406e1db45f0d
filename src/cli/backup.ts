import path from 'node:path';
import { exitCodes, isAbort } from '../domain/errors.ts';
import { formatBytes, formatDuration } from '../lib/format.ts';
import { SystemClock } from '../runtime/clock.ts';
import { takeBackup } from '../store/backups/take-backup.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';

/** `smanager backup [file]`: a checked copy of the database, also while the bot runs. @returns 1 when it was stopped; nothing is left behind then */
export async function backup(invocation: Invocation, file: string | undefined): Promise<number> {
  const { config } = await configured(invocation);
  const { signal, workingDirectory } = invocation;
  const clock = new SystemClock();
  const [atMs, startMs] = [clock.nowMs(), clock.monotonicMs()];
  const named = file === undefined ? {} : { file: path.resolve(workingDirectory, file) };
  try {
    const made = await takeBackup({ dataDir: config.dataDir, kind: 'by-hand', atMs, signal, ...named });
    const took = formatDuration(clock.monotonicMs() - startMs);
    print(invocation, `${made.file}: ${formatBytes(made.sizeBytes)}, schema ${made.schema}, checked, in ${took}`);
    return exitCodes.stopped;
  } catch (error) {
    if (!isAbort(error)) throw error;
    invocation.stderr.write('Stopped: no backup was made.\n');
    return exitCodes.defect;
  }
}
