import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../../src/clients/http/transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../../../src/domain/units.ts';
import { TelemetryTask } from '../../../src/telemetry/telemetry-task.ts';
import { Answering, pieces } from '../../fuzz/harness/answering.ts';
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
const clients = { sworker: SworkerClient, ipfs: IpfsClient, coordinator: CoordinatorClient, telemetry: TelemetryTask };

interface Bounds {
  readonly limitMs: number | undefined;
  /** Undefined of what is not refused for its length. */
  readonly maxBytes: number | undefined;
}

const units = { s: SECOND_MS, min: MINUTE_MS, h: HOUR_MS, KiB: KIB, MiB: MIB };
const rows = readFileSync('docs/operating.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5);

/** As the table of operating.md says; undefined where it does not know the call. */
function boundsOf(name: string): Bounds | undefined {
  const [, , time = '', size = ''] = rows.find(([, asked]) => asked?.includes(`\`${name}\``)) ?? [];
  return time === '' ? undefined : { limitMs: quantity(time), maxBytes: quantity(size) };
}

function quantity(text: string): number | undefined {
  const [, count, unit] = /^(\d+) (s|min|h|KiB|MiB)$/u.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * units[unit as keyof typeof units];
}

interface Asked {
  /** An error's code, or `none`. */
  readonly settled: Promise<string>;
  readonly failure: () => unknown;
}

function ask(name: string, transport: HttpTransport, clock: ManualClock, signal: AbortSignal): Asked {
  let failure: unknown;
  const settled = (httpCalls[name]?.({ transport, clock, signal }) ?? Promise.reject(new Error('no such call'))).then(
    () => 'none',
    (error: unknown) => {
      failure = error;
      return error instanceof SmError ? error.code : String(error);
    },
  );
  return { settled, failure: () => failure };
}

describe('what is asked over HTTP', () => {
  it('is known in full: a call that is added is bounded and tested too', () => {
    const methods = Object.entries(clients).flatMap(([name, { prototype }]) =>
      Object.getOwnPropertyNames(prototype)
        .filter((method) => !['constructor', 'close'].includes(method))
        .map((method) => `${name}.${method}`),
    );
    expect(Object.keys(httpCalls).sort()).toEqual(methods.sort());
  });

  it.each(Object.keys(httpCalls))('is bounded in time as the table of operating.md says: %s', async (name) => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const asked = ask(name, silent, clock, abort.signal);
    let outcome: string | undefined;
    void asked.settled.then((settled) => (outcome = settled));
    const bounds = boundsOf(name);
    expect(bounds).toBeDefined();
    await clock.advance((bounds?.limitMs ?? 13 * HOUR_MS) - 1);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    const isUnbounded = judgedByProgress.includes(name);
    expect(bounds?.limitMs === undefined).toBe(isUnbounded);
    // The platform's fetch takes turns of its own until it has ended.
    const settled = isUnbounded ? String(outcome) : await asked.settled;
    expect(settled).toMatch(isUnbounded ? /^undefined$/u : /_UNREACHABLE$|^TELEMETRY_FAILED$/u);
    abort.abort();
    await asked.settled;
  });

  const refusedByLength = Object.keys(httpCalls).filter((name) => boundsOf(name)?.maxBytes !== undefined);
  it.each(refusedByLength)('may be answered by as much as the table says, and by no more: %s', async (name) => {
    const { maxBytes = 0 } = boundsOf(name) ?? {};
    const tooLong = async (sizeBytes: number): Promise<boolean> => {
      const body = pieces(Buffer.alloc(sizeBytes, ' '), 16 * KIB);
      const asked = ask(name, new Answering({ status: 200, body }), new ManualClock(), new AbortController().signal);
      await asked.settled;
      return String(asked.failure()).includes(`longer than ${maxBytes} bytes`);
    };
    expect([await tooLong(maxBytes), await tooLong(maxBytes + 1)]).toEqual([false, true]);
  });
});
