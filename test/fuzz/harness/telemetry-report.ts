import type { HttpTransport } from '../../../src/clients/http/transport.ts';
import { SmError } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import type { LogContext } from '../../../src/runtime/log.ts';
import { TelemetryTask } from '../../../src/telemetry/telemetry-task.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { inputs } from '../../unit/telemetry/inputs.ts';
import { endPoint } from './answering.ts';

/** Tells what failed, which the task only writes to the log. */
class FailureLogger extends RecordingLogger {
  failure: unknown;

  override warn(message: string, _context?: LogContext, error?: unknown): void {
    this.failure = error ?? new SmError('DEFECT', message);
  }
}

/** One report, as the task sends it; rejects with what came of it. */
export async function sendReport(outside: {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const sent = new AbortController();
  const logger = new FailureLogger();
  let waits = 0;
  const task = new TelemetryTask({
    endPoint: endPoint('http://collector:1'),
    transport: outside.transport,
    clock: {
      nowMs: () => outside.clock.nowMs(),
      monotonicMs: () => outside.clock.monotonicMs(),
      // The first report is due at once, and a second one never.
      sleep: async (_, signal) => {
        waits += 1;
        if (waits > 1) sent.abort();
        signal.throwIfAborted();
      },
    },
    answerClock: outside.clock,
    logger,
    readInputs: async () => inputs,
  });
  await task.run(AbortSignal.any([outside.signal, sent.signal]));
  outside.signal.throwIfAborted();
  if (logger.failure !== undefined) throw logger.failure;
}
