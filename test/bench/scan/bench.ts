import type { Bench } from '../harness/bench.ts';

export const scanBench: Bench = {
  name: 'scan',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
