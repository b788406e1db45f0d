import type { Outside } from './app-parts.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './runtime/clock.ts';
import type { LoopParts } from './runtime/loop.ts';
import type { Task } from './runtime/task.ts';
import { programVersion } from './runtime/version.ts';
import type { Overview } from './store/overview.ts';
import type { Tally } from './store/tally.ts';
import { ReportReader } from './telemetry/report-reader.ts';
import { TelemetryTask } from './telemetry/telemetry-task.ts';

interface ReportParts extends LoopParts {
  readonly config: Config;
  /** Of what waits for the collector's answer. */
  readonly answerClock: Clock;
  readonly collector: Outside['telemetry'];
  readonly overview: Overview;
  readonly tally: Tally;
}

/** What sends the report, where the configuration names a collector. */
export function reportTasks({ config, collector, overview, tally, ...parts }: ReportParts): readonly Task[] {
  if (config.telemetry === undefined || collector === undefined) return [];
  const reader = new ReportReader({ ...parts, config, version: programVersion(), overview, tally });
  return [
    new TelemetryTask({
      ...parts,
      endPoint: config.telemetry.endPoint,
      transport: collector,
      readInputs: async () => await reader.read(),
    }),
  ];
}
