import type { Bench } from '../harness/bench.ts';

export const startBench: Bench = {
  name: 'start',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
