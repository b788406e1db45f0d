import { describe, expect, it, onTestFinished } from 'vitest';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import type { EndPoint } from '../../../src/config/end-point.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { type ReadReportInputs, TelemetryTask } from '../../../src/telemetry/telemetry-task.ts';
import { closedEndPoint, endPointAt, localServer } from '../../support/local-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { rejection, until } from '../../support/rejection.ts';
import { inputs } from './inputs.ts';

interface Running {
  readonly clock: ManualClock;
  readonly answerClock: ManualClock;
  readonly logger: RecordingLogger;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

function start(endPoint: EndPoint, readInputs: ReadReportInputs = async () => inputs): Running {
  const [clock, answerClock] = [new ManualClock(), new ManualClock()];
  const logger = new RecordingLogger();
  const stop = new AbortController();
  const transport = new UndiciTransport(endPoint);
  const task = new TelemetryTask({ endPoint, transport, clock, answerClock, logger, readInputs });
  const done = task.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await done.catch(() => undefined);
    await transport.close();
  });
  return { clock, answerClock, logger, stop, done };
}

describe('reporting', () => {
  it('begins after five minutes and goes on every hour, to the address itself', async () => {
    const { port, received } = await localServer((_, response) => response.end('thanks'));
    const { clock, logger } = start(endPointAt(`http://127.0.0.1:${String(port)}/submit/`));
    await clock.advance(5 * MINUTE_MS - 1);
    expect(received).toEqual([]);
    await clock.advance(1);
    await until(() => logger.lines.length === 1);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', url: '/submit' });
    expect(received[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ chainAccount: 'cTaccount', hasSealCoordinator: true });
    await until(() => clock.sleeping === 1);
    await clock.advance(HOUR_MS);
    await until(() => logger.lines.length === 2);
    expect(received).toHaveLength(2);
    expect(logger.lines.map(({ level }) => level)).toEqual(['debug', 'debug']);
  });

  it('has arrived however long the answer is: it tells nothing', async () => {
    const { endPoint } = await localServer((_, response) => response.end('x'.repeat(2_000_000)));
    const { clock, logger } = start(endPoint);
    await clock.advance(5 * MINUTE_MS);
    await until(() => logger.lines.length === 1);
    expect(logger.lines).toMatchObject([{ level: 'debug', message: 'telemetry report sent' }]);
    await until(() => clock.sleeping === 1);
  });

  it('sends nothing while sWorker is offline, and goes on', async () => {
    const { endPoint, received } = await localServer((_, response) => response.end());
    let offline = true;
    const { clock, logger } = start(endPoint, async () => (offline ? undefined : inputs));
    await clock.advance(5 * MINUTE_MS);
    await until(() => logger.lines.length === 1);
    expect(received).toEqual([]);
    offline = false;
    await clock.advance(HOUR_MS);
    await until(() => logger.lines.length === 2);
    expect(received).toHaveLength(1);
  });

  it('warns when the collector refuses or is away', async () => {
    const refusing = await localServer((_, response) => response.writeHead(500).end('x'.repeat(100_000)));
    for (const endPoint of [refusing.endPoint, await closedEndPoint()]) {
      const { clock, logger } = start(endPoint);
      await clock.advance(5 * MINUTE_MS);
      await until(() => logger.lines.length === 1);
      expect(logger.lines[0]).toMatchObject({ level: 'warn', context: { code: 'TELEMETRY_FAILED' } });
      await until(() => clock.sleeping === 1);
    }
  });

  it('warns when the collector does not answer in two minutes of the clock of answers', async () => {
    const { endPoint, received } = await localServer(() => undefined);
    const { clock, answerClock, logger } = start(endPoint);
    await clock.advance(5 * MINUTE_MS);
    await until(() => received.length === 1 && answerClock.sleeping === 1);
    await clock.advance(HOUR_MS);
    await answerClock.advance(2 * MINUTE_MS - 1);
    expect(logger.lines).toEqual([]);
    await answerClock.advance(1);
    await until(() => logger.lines.length === 1);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', context: { code: 'TELEMETRY_FAILED' } });
    await until(() => clock.sleeping === 1);
  });

  it('is a warning when its figures cannot be read for an outage, and the end of the task for a defect', async () => {
    const { endPoint, received } = await localServer((_, response) => response.end());
    const outage = start(endPoint, async () => {
      throw new SmError('SWORKER_UNREACHABLE', 'away');
    });
    await outage.clock.advance(5 * MINUTE_MS);
    await until(() => outage.logger.lines.length === 1);
    expect(outage.logger.lines[0]?.level).toBe('warn');
    const defect = start(endPoint, async () => {
      throw new TypeError('oops');
    });
    const ended = rejection(defect.done);
    await defect.clock.advance(5 * MINUTE_MS);
    expect(await ended).toBeInstanceOf(TypeError);
    expect(received).toEqual([]);
  });

  it('stops on its signal, while waiting and while sending', async () => {
    const { endPoint, received } = await localServer(() => undefined);
    const waiting = start(endPoint);
    waiting.stop.abort();
    await expect(waiting.done).resolves.toBeUndefined();
    const sending = start(endPoint);
    await sending.clock.advance(5 * MINUTE_MS);
    await until(() => received.length === 1);
    sending.stop.abort();
    await expect(sending.done).resolves.toBeUndefined();
    expect(sending.clock.sleeping).toBe(0);
    expect(sending.logger.lines).toEqual([]);
  });
});
