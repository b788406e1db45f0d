import { SmError, hasCode, isOutage } from '../domain/errors.ts';
import { partOf, type LoopParts } from '../runtime/loop.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';

interface GenesisParts extends LoopParts {
  readonly maxOutageMs: number;
  /** Asks the chain; an end point of another chain than the database's is left out by the client. */
  readonly genesisHash: (signal: AbortSignal) => Promise<string>;
}

interface IdentityParts extends GenesisParts {
  readonly database: Database;
  readonly facts: Facts;
  /** ss58-66 address of the configured account. */
  readonly account: string;
}

const retryMs = 5_000;
const condition = 'outage:identity';

/**
 * Refuses a database of another account at once, and of another chain as soon as an end point answers; at the first start both are written down.
 * @throws SmError DATABASE_OTHER_ACCOUNT, DATABASE_OTHER_CHAIN, CHAIN_WRONG_GENESIS (78), or the outage that lasted (75)
 */
export async function establishIdentity(parts: IdentityParts, signal: AbortSignal): Promise<void> {
  const { facts, database, account } = parts;
  const standing = await facts.find('identity');
  if (standing !== undefined && standing.account !== account) {
    throw new SmError(
      'DATABASE_OTHER_ACCOUNT',
      `the database belongs to the account ${standing.account}, the configuration names ${account}: use another dataDir for another account`,
      { databaseAccount: standing.account, configuredAccount: account },
    );
  }
  const genesisHash = await waitForGenesis(parts, signal).catch((error: unknown) => {
    // The client knows the database's chain and has left out every end point of another one.
    if (standing === undefined || !hasCode(error, 'CHAIN_WRONG_GENESIS')) throw error;
    throw otherChain(standing.genesisHash, String(error.data['found'] ?? 'another'), error);
  });
  if (standing === undefined) {
    await database.write('claim', async (tx) => await facts.set(tx, 'identity', { genesisHash, account }));
  } else if (standing.genesisHash !== genesisHash) {
    throw otherChain(standing.genesisHash, genesisHash);
  }
}

function otherChain(databaseGenesis: string, chainGenesis: string, cause?: unknown): SmError {
  return new SmError(
    'DATABASE_OTHER_CHAIN',
    `the database belongs to the chain with genesis ${databaseGenesis}, the end point serves ${chainGenesis}: use another dataDir for another chain, or another chain.endPoint`,
    { databaseGenesis, chainGenesis },
    cause,
  );
}

/** Asks until an end point answers. @throws SmError CHAIN_WRONG_GENESIS (78), or the outage that lasted (75) */
export async function waitForGenesis(parts: GenesisParts, signal: AbortSignal): Promise<string> {
  const { clock, conditions, logger } = parts;
  const startMs = clock.monotonicMs();
  for (;;) {
    try {
      const hash = await parts.genesisHash(signal);
      conditions.clear(condition);
      return hash;
    } catch (error) {
      if (!isOutage(error) || clock.monotonicMs() - startMs >= parts.maxOutageMs) throw error;
      if (conditions.raise(condition, { kind: 'outage', part: partOf(error.code), message: error.message })) {
        logger.warn('The chain does not answer yet', { code: error.code, ...error.data }, error);
      }
      await clock.sleep(retryMs, signal);
    }
  }
}
