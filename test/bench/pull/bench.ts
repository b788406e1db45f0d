import type { Bench } from '../harness/bench.ts';

export const pullBench: Bench = {
  name: 'pull',
  about: '',
  async run() {
    throw new Error('not built');
  },
};
