import type { Clients } from '../app-parts.ts';
import type { Config } from '../config/config.ts';
import { hasCode } from '../domain/errors.ts';
import { Database } from '../store/database.ts';
import { Facts } from '../store/facts.ts';
import type { CheckLine } from './check-line.ts';
import { servedGenesis } from './served-genesis.ts';

const subject = 'database';
const advice = 'Use another dataDir for another account or chain.';

/** Whether `smanager run` would take the database that is there. */
export async function database(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const identity = await findIdentity(config);
  if (identity === undefined) {
    return [{ subject, state: 'ok', message: `none in ${config.dataDir} yet: the first run makes it` }];
  }
  const { account, genesisHash } = identity;
  const configured = config.chain.account.address;
  if (account !== configured) {
    const message = `it belongs to the account ${account}, the configuration names ${configured}`;
    return [{ subject, state: 'wrong', message, advice }];
  }
  const served = await servedGenesis(clients, signal);
  if (served !== undefined && served !== genesisHash) {
    const message = `it belongs to the chain with genesis ${genesisHash}, the end point serves ${served}`;
    return [{ subject, state: 'wrong', message, advice }];
  }
  return [{ subject, state: 'ok', message: `of the account ${account} on the chain with genesis ${genesisHash}` }];
}

async function findIdentity(config: Config) {
  try {
    const opened = await Database.openExisting(config.dataDir, { isOlderTaken: true });
    try {
      return await new Facts(opened).find('identity');
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (hasCode(error, 'DATABASE_MISSING')) return undefined;
    throw error;
  }
}
