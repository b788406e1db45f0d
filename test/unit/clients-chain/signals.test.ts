import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { allOrNone, unlessAborted } from '../../../src/clients/chain/connection/signals.ts';

test('Many questions that wait at once under one signal are not warned of as a leak', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const works = Array.from({ length: 30 }, (_, i) => async (signal: AbortSignal) => {
    return await unlessAborted(turn(i), signal);
  });
  expect(await allOrNone(new AbortController().signal, works)).toHaveLength(30);
  await turn();
  expect(warnings).toEqual([]);
});
