import * as fc from 'fast-check';
import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import { Secret } from '../../../src/config/secret.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering, endPoint, pieces } from '../harness/answering.ts';
import { Finding } from '../harness/finding.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { mustBePlain } from '../harness/terminal.ts';
import { type Target, target } from '../harness/target.ts';

const going = new AbortController().signal;
const bodies = [
  '{"seal":true,"reason":"ok"}',
  '{"seal":false,"reason":"skipFile"}',
  '{"seal":true,"reason":"failed"}',
  'OK',
  '',
];

/** Answers of the seal coordinator: only the right one lets a seal begin. */
export const coordinator: Target = target({
  name: 'coordinator',
  inputs: fc.record({
    body: fc.constantFrom(...bodies),
    status: fc.constantFrom(200, 200, 201, 204, 301, 400, 401, 404, 500, 502),
    method: fc.constantFrom('ping' as const, 'requestSeal' as const, 'withdrawSeal' as const),
    changes,
  }),
  judge: async ({ body, status, method, changes: list }) => {
    const bytes = changed(Buffer.from(body), list);
    const client = new CoordinatorClient({
      endPoint: endPoint('http://coordinator:1'),
      nodeUuid: 'node',
      authToken: new Secret('a token'),
      transport: new Answering({ status, body: pieces(bytes, 1000) }),
      clock: new SystemClock(),
    });
    const outcome = await outcomeOf(async () => {
      if (method === 'requestSeal') return await client.requestSeal('Qm', going);
      await (method === 'ping' ? client.ping(going) : client.withdrawSeal('Qm', going));
      return undefined;
    });
    if (outcome.error !== undefined || outcome.value === undefined) return;
    if (!outcome.value.seal) {
      mustBePlain('what the coordinator said', outcome.value.detail);
      return;
    }
    const said: unknown = JSON.parse(bytes.toString('utf8'));
    const isGiven =
      typeof said === 'object' &&
      said !== null &&
      'seal' in said &&
      said.seal === true &&
      'reason' in said &&
      said.reason === 'ok';
    if (!isGiven || status < 200 || status > 299) throw new Finding('a seal that nobody allowed');
  },
});
