import { describe } from 'vitest';
import { sealingJourney } from '../../support/sealing-journey.ts';
import { startSealingNode } from '../../support/sealing-node.ts';

describe('an embedded node that answers like Kubo', () => {
  sealingJourney(() => startSealingNode(undefined, 'kubo-0.42'));
});

describe('an embedded node that answers like go-ipfs 0.8', () => {
  sealingJourney(() => startSealingNode(undefined, 'go-ipfs-0.8'));
});
