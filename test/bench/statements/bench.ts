import type { Bench } from '../harness/bench.ts';

export const statementsBench: Bench = {
  name: 'statements',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
