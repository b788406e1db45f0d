import type { Bench } from '../harness/bench.ts';

export const sizeBench: Bench = {
  name: 'size',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
