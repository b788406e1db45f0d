import type { Bench } from '../harness/bench.ts';

export const decideBench: Bench = {
  name: 'decide',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
