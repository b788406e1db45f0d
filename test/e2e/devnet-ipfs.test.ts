import { describe, expect, it, onTestFinished } from 'vitest';
import { startCustomers } from '../../devnet/ipfs/customers.ts';
import { findKubo } from '../../devnet/ipfs/kubo/find-kubo.ts';
import { sealingJourney } from '../support/sealing-journey.ts';
import { startSealingNode } from '../support/sealing-node.ts';
import { tempDir } from '../support/temp-dir.ts';

const kubo = await findKubo();
const required = Boolean(process.env['CI']) || Boolean(process.env['REQUIRE_KUBO']);
if (kubo === undefined)
  console.warn('\n*** NO KUBO FOUND, so nothing runs against a real daemon: `npm run kubo` ***\n');

function theKubo(): string {
  if (kubo === undefined) throw new Error('no Kubo: run `npm run kubo`, or set KUBO_BINARY');
  return kubo;
}

describe.skipIf(kubo === undefined && !required)('Kubo behind a sealing front', () => {
  sealingJourney(() => startSealingNode(theKubo()));
});

describe.skipIf(kubo === undefined && !required)('Kubo and the embedded node', () => {
  it.each([0, 1] as const)('make the same CIDv%i and size of the same bytes', async (cidVersion) => {
    const added = [];
    for (const binary of [theKubo(), undefined]) {
      const customers = await startCustomers({ kubo: binary, dir: await tempDir() });
      onTestFinished(() => customers.stop());
      added.push([
        await customers.addSeededFile('one block', 1000, { cidVersion }),
        // More blocks than one node links to.
        await customers.addSeededFile('two levels', 50 * 1024 * 1024, { cidVersion }),
      ]);
    }
    expect(added[1]).toEqual(added[0]);
  });
});
