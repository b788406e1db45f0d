import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../../src/clients/http/transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_MS } from '../../../src/domain/units.ts';
import { httpCalls } from '../../fuzz/harness/http-calls.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Takes a request and never answers. */
const silent: HttpTransport = {
  send: async ({ signal }: HttpRequest): Promise<HttpAnswer> =>
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  close: async () => undefined,
};
/** A pull lasts as long as it moves: it is judged by its progress, its stall and its ceiling. */
const judgedByProgress = ['ipfs.pinAdd'];
const clients = { sworker: SworkerClient, ipfs: IpfsClient, coordinator: CoordinatorClient };

describe('what is asked over HTTP', () => {
  it('is known in full: a call that is added is bounded and tested too', () => {
    const methods = Object.entries(clients).flatMap(([name, { prototype }]) =>
      Object.getOwnPropertyNames(prototype)
        .filter((method) => !['constructor', 'close'].includes(method))
        .map((method) => `${name}.${method}`),
    );
    expect(Object.keys(httpCalls).sort()).toEqual(methods.sort());
  });

  it.each(Object.keys(httpCalls))('is bounded in time and stands in the table of operating.md: %s', async (name) => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const asked = httpCalls[name]?.({ transport: silent, clock, signal: abort.signal }).then(
      () => 'an answer',
      (error: unknown) => error,
    );
    let outcome: unknown;
    void asked?.then((settled) => (outcome = settled));
    await clock.advance(13 * HOUR_MS);
    const isUnbounded = judgedByProgress.includes(name);
    // The platform's fetch takes turns of its own until it has ended.
    const settled = isUnbounded ? outcome : await asked;
    const code = settled instanceof SmError ? settled.code : 'none';
    expect(code).toMatch(isUnbounded ? /^none$/u : /_UNREACHABLE$/u);
    abort.abort();
    await asked;
    expect(readFileSync('docs/operating.md', 'utf8')).toContain(`\`${name}\``);
  });
});
