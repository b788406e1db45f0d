import type { ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { listenHttp } from '../../../devnet/http/listen.ts';
import { PinWatch } from '../../support/e2e/pin-watch.ts';

it('sees a file that is pulled while it is pulled, and none that is pulled again', async () => {
  const arrived: ServerResponse[] = [];
  const daemon = await listenHttp((_, response) => void arrived.push(response.writeHead(200)));
  const watch = await PinWatch.start(daemon.origin);
  onTestFinished(async () => {
    await watch.close();
    await daemon.close();
  });
  const pull = async (cid: string): Promise<void> => {
    const answer = await fetch(`${watch.origin}/api/v0/pin/add?arg=${cid}&progress=true`, { method: 'POST' });
    await answer.text();
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  const arrives = async (count: number): Promise<void> => await until(() => arrived.length >= count);
  const first = pull('one');
  await arrives(1);
  const other = pull('other');
  await arrives(2);
  expect([[...watch.pulling], watch.twice]).toEqual([['one', 'other'], []]);
  arrived[0]?.end();
  await first;
  await until(() => !watch.pulling.has('one'));
  const again = pull('one');
  await arrives(3);
  expect(watch.twice).toEqual([]);
  const second = pull('one');
  await arrives(4);
  expect(watch.twice).toEqual(['one']);
  expect(watch.wrong).toEqual(['one was pulled while it was pulled']);
  for (const response of arrived) response.end();
  await Promise.all([other, again, second]);
  expect(watch.begun).toEqual(
    new Map([
      ['one', 3],
      ['other', 1],
    ]),
  );
});
