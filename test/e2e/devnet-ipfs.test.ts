import { describe, expect, it, onTestFinished } from 'vitest';
import { startCustomers } from '../../devnet/ipfs/customers.ts';
import { isWithoutKubo, realKubo } from '../support/e2e/real-kubo.ts';
import { sealingJourney } from '../support/sealing-journey.ts';
import { startSealingNode } from '../support/sealing-node.ts';
import { tempDir } from '../support/temp-dir.ts';

describe.skipIf(isWithoutKubo)('Kubo behind a sealing front', () => {
  sealingJourney(() => startSealingNode(realKubo()));
});

describe.skipIf(isWithoutKubo)('Kubo and the embedded node', () => {
  it.each([0, 1] as const)('make the same CIDv%i and size of the same bytes', async (cidVersion) => {
    const added = [];
    for (const binary of [realKubo(), undefined]) {
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
