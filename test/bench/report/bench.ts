import type { Bench } from '../harness/bench.ts';

export const reportBench: Bench = {
  name: 'report',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
