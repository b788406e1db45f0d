import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpFault, HttpFaults } from '../../../devnet/http/faults.ts';
import { listenHttp } from '../../../devnet/http/listen.ts';

const BODY = '{"answer":42}';

async function startFaulty() {
  const faults = new HttpFaults();
  let handled = 0;
  const listener = await listenHttp(
    faults.wrap((_, response) => {
      handled += 1;
      response.writeHead(200, { 'Content-Length': BODY.length });
      response.write(BODY.slice(0, 5));
      response.end(BODY.slice(5));
    }),
  );
  onTestFinished(() => listener.close());
  const ask = async (fault: HttpFault | undefined) => {
    faults.decide = ({ path, query }) => (path === '/a' && query.get('b') === 'c' ? fault : undefined);
    const answer = await request(`${listener.origin}/a?b=c`, { method: 'POST', body: 'x' });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  return { faults, ask, handledCount: () => handled };
}

describe('faults between socket and handler', () => {
  it('let a request pass when none is decided', async () => {
    const { ask } = await startFaulty();
    expect(await ask(undefined)).toEqual({ status: 200, text: BODY });
  });

  it.each<[HttpFault, number]>([
    ['drop', 0],
    ['dropAnswer', 1],
    ['half', 1],
  ])('%s breaks the connection, the handler having run %i times', async (fault, times) => {
    const { ask, handledCount } = await startFaulty();
    await expect(ask(fault)).rejects.toBeInstanceOf(Error);
    expect(handledCount()).toBe(times);
  });

  it('spoil an answer without changing its length', async () => {
    const { ask } = await startFaulty();
    expect(await ask('garbage')).toEqual({ status: 200, text: '#'.repeat(BODY.length) });
  });

  it('answer 500 in place of the handler', async () => {
    const { ask, handledCount } = await startFaulty();
    expect((await ask('error500')).status).toBe(500);
    expect(handledCount()).toBe(0);
  });

  it('hold a request back until it is released', async () => {
    const { ask, faults, handledCount } = await startFaulty();
    const answer = ask('delay');
    await faults.untilHeld(1);
    expect(handledCount()).toBe(0);
    faults.release();
    expect((await answer).text).toBe(BODY);
  });
});
