import { exitCodes } from '../domain/errors.ts';
import { printable } from '../lib/printable.ts';
import { Database } from '../store/database.ts';
import { findInconsistencies } from '../store/inconsistencies.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';

/**
 * `smanager integrity`: looks through the whole database, also while the bot runs. Nothing is written.
 * @returns 0 when all is well, 1 when rows do not agree or it was stopped; a damaged file is refused (78)
 */
export async function integrity(invocation: Invocation): Promise<number> {
  const { config } = await configured(invocation);
  const database = await Database.openExisting(config.dataDir);
  try {
    await database.assertWhole(invocation.signal, 'integrity_check');
    print(invocation, 'ok      pages and indices');
    const found = await findInconsistencies(database, invocation.signal);
    if (found.length === 0) print(invocation, 'ok      rows, references, counts');
    for (const line of found) print(invocation, `WRONG   ${printable(line)}`);
    if (found.length > 0) print(invocation, 'A restart mends what pulls left behind; report the rest as a defect.');
    return found.length === 0 ? exitCodes.stopped : exitCodes.defect;
  } finally {
    await database.close();
  }
}
