import path from 'node:path';
import { openClients } from '../app.ts';
import type { Config } from '../config/config.ts';
import { secretsOf } from '../config/secrets-of.ts';
import { exitCodes, hasCode, isAbort, SmError } from '../domain/errors.ts';
import { formatBytes } from '../lib/format.ts';
import { SystemClock } from '../runtime/clock.ts';
import { createLogger, readLogSettings } from '../runtime/winston-logger.ts';
import { assertRestorable, restoreDatabase } from '../store/backups/restore.ts';
import { InstanceLock } from '../store/lock.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';
import { servedGenesis } from './served-genesis.ts';

const chainLimitMs = 10_000;
const whatComes =
  'With the next start the bot reads again from the chain what has happened since, and finds again what sWorker holds; until that is done a status may be of the past. Nothing is deleted for what this database does not know.';

/** `smanager restore <file>`: puts a checked copy of a backup into the place of the database. @returns 1 when it was stopped; nothing has changed then */
export async function restore(invocation: Invocation, file: string): Promise<number> {
  const { config } = await configured(invocation);
  const { dataDir } = config;
  const named = { dataDir, file: path.resolve(invocation.workingDirectory, file) };
  // A mistyped name makes no folder and asks nobody.
  await assertRestorable(named);
  const lock = await lockAlone(dataDir);
  try {
    const genesisHash = await askChain(config, invocation);
    if (genesisHash === undefined) {
      print(
        invocation,
        'The chain does not answer: whether the backup is of the same chain is looked at when the bot starts.',
      );
    }
    const restored = await restoreDatabase({
      ...named,
      account: config.chain.account.address,
      genesisHash,
      atMs: new SystemClock().nowMs(),
      signal: invocation.signal,
    });
    const { setAside, schema, sizeBytes } = restored;
    print(invocation, `Restored ${file}: ${formatBytes(sizeBytes)}, schema ${schema}, every page and index checked.`);
    if (setAside !== undefined) {
      print(invocation, `The replaced database is kept as ${setAside}; remove it when nobody needs it any more.`);
    }
    print(invocation, whatComes);
    return exitCodes.stopped;
  } catch (error) {
    if (!isAbort(error)) throw error;
    invocation.stderr.write('Stopped: nothing was changed.\n');
    return exitCodes.defect;
  } finally {
    await lock.release();
  }
}

async function lockAlone(dataDir: string): Promise<InstanceLock> {
  try {
    return await InstanceLock.acquire(dataDir, 0);
  } catch (error) {
    if (!hasCode(error, 'DATABASE_LOCKED')) throw error;
    throw new SmError(error.code, `${error.message}: stop the bot first`, error.data, error.cause);
  }
}

async function askChain(config: Config, { stderr, signal }: Invocation): Promise<string | undefined> {
  const { settings } = readLogSettings({ LOG_LEVEL: 'error' }, false, secretsOf(config));
  const clients = openClients(config, createLogger(settings, stderr), null);
  try {
    return await servedGenesis(clients, AbortSignal.any([signal, AbortSignal.timeout(chainLimitMs)]));
  } finally {
    await clients.close();
  }
}
