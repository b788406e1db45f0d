import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { establishIdentity } from '../../../src/chain/identity.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { failure } from '../../support/rejection.ts';
import { tempDir } from '../../support/temp-dir.ts';

const [ours, another] = [`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`];

describe('the identity of a database', () => {
  let database: Database;
  let facts: Facts;

  beforeEach(async () => {
    const opened = await Database.open(await tempDir());
    onTestFinished(async () => await opened.close());
    database = opened;
    facts = new Facts(opened);
  });

  async function establish(account: string, genesisHash: () => Promise<string>): Promise<void> {
    const clock = new ManualClock();
    const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger(), database, facts };
    await establishIdentity({ ...parts, account, maxOutageMs: 60_000, genesisHash }, new AbortController().signal);
  }

  it('is written down at the first start and stands from then on', async () => {
    await establish('cTone', async () => ours);
    expect(await facts.find('identity')).toEqual({ genesisHash: ours, account: 'cTone' });
    await establish('cTone', async () => ours);
  });

  it('refuses another account before anything is asked', async () => {
    await establish('cTone', async () => ours);
    const error = await failure(establish('cTtwo', async () => await Promise.reject(new Error('asked'))));
    expect(error).toMatchObject({ code: 'DATABASE_OTHER_ACCOUNT', destiny: 'configuration' });
    expect(error.message).toMatch(/cTone.*cTtwo.*another dataDir/u);
  });

  const wrongGenesis = (): SmError => new SmError('CHAIN_WRONG_GENESIS', 'refused', { expected: ours, found: another });

  it.each([
    ['as an end point tells it', async () => another],
    ['as the client refuses it', async () => await Promise.reject(wrongGenesis())],
  ])('refuses another chain, %s, and names both', async (_, genesisHash: () => Promise<string>) => {
    await establish('cTone', async () => ours);
    const error = await failure(establish('cTone', genesisHash));
    expect(error).toMatchObject({ code: 'DATABASE_OTHER_CHAIN', destiny: 'configuration' });
    expect(error.message).toContain(ours);
    expect(error.message).toContain(another);
    expect(error.message).toMatch(/another dataDir.*chain\.endPoint/u);
  });

  it('passes on what end points say that contradict each other while nothing is written down', async () => {
    const error = await failure(establish('cTone', async () => await Promise.reject(wrongGenesis())));
    expect(error.code).toBe('CHAIN_WRONG_GENESIS');
    expect(await facts.find('identity')).toBeUndefined();
  });
});
