import type { Bench } from '../harness/bench.ts';

export const pickBench: Bench = {
  name: 'pick',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
