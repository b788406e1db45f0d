import { bodyText, type Call, HttpService } from '../clients/http/service.ts';
import type { HttpTransport } from '../clients/http/transport.ts';
import type { EndPoint } from '../config/end-point.ts';
import { isAbort, isOutage } from '../domain/errors.ts';
import { HOUR_MS, KIB, MINUTE_MS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Task } from '../runtime/task.ts';
import { buildReport, type ReportInputs } from './report.ts';

const firstAfterMs = 5 * MINUTE_MS;
/** Of an answer that is read as it comes nothing is kept; so much of it is read, and the rest is left. */
const limits = { limitMs: 2 * MINUTE_MS, maxBytes: Infinity };
const readBytes = 64 * KIB;

/** Undefined while sWorker is offline: then nothing is sent. */
export type ReadReportInputs = (signal: AbortSignal) => Promise<ReportInputs | undefined>;

/** Sends the report to the collector every hour. That it cannot be sent is a warning and changes nothing else. */
export class TelemetryTask implements Task {
  readonly name = 'telemetry';
  readonly #service: HttpService;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #readInputs: ReadReportInputs;

  constructor(options: {
    endPoint: EndPoint;
    transport: HttpTransport;
    clock: Clock;
    /** Of the limit on the collector's answer. */
    answerClock: Clock;
    logger: Logger;
    readInputs: ReadReportInputs;
  }) {
    this.#service = new HttpService({
      ...options,
      clock: options.answerClock,
      names: {
        service: 'The telemetry collector',
        unreachable: 'TELEMETRY_FAILED',
        badAnswer: 'TELEMETRY_FAILED',
        brokenOff: 'TELEMETRY_FAILED',
      },
    });
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#readInputs = options.readInputs;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(firstAfterMs, signal);
      for (;;) {
        await this.#report(signal);
        await this.#clock.sleep(HOUR_MS, signal);
      }
    } catch (error) {
      if (!isAbort(error)) throw error;
    }
  }

  async #report(signal: AbortSignal): Promise<void> {
    try {
      const inputs = await this.#readInputs(signal);
      if (inputs === undefined) {
        this.#logger.info('no telemetry report: sWorker is offline');
        return;
      }
      await this.#send(JSON.stringify(buildReport(inputs)), signal);
      this.#logger.debug('telemetry report sent');
    } catch (error) {
      if (!isOutage(error) || error.code.startsWith('DATABASE_')) throw error;
      this.#logger.warn('telemetry report failed', { code: error.code }, error);
    }
  }

  async #send(body: string, signal: AbortSignal): Promise<void> {
    const call: Call = { method: 'POST', path: '', headers: { 'content-type': 'application/json' }, body };
    const answer = await this.#service.stream(call, { ...limits, signal });
    // Read only so that the connection can be kept: the collector's answer tells nothing.
    await bodyText(answer, readBytes);
    if (answer.status < 200 || answer.status >= 300) {
      throw this.#service.badAnswer(call, `HTTP ${String(answer.status)}`, { httpStatus: answer.status });
    }
  }
}
