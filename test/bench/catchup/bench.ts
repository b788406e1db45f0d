import type { Bench } from '../harness/bench.ts';

export const catchupBench: Bench = {
  name: 'catchup',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
