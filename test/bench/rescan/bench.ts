import type { Bench } from '../harness/bench.ts';

export const rescanBench: Bench = {
  name: 'rescan',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
