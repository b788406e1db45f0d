import type { SimHttpService } from './http-binding.ts';

/** The collector of reports. */
export class TelemetryReceiver {
  readonly reports: unknown[] = [];
  isReachable = true;
  status = 200;

  service(): SimHttpService {
    return {
      nameOf: ({ method }) => ({ part: 'telemetry', name: `${method} report` }),
      isReachable: () => this.isReachable,
      handle: async ({ body }) => {
        this.reports.push(JSON.parse(body ?? ''));
        return { status: this.status, body: '' };
      },
      wrongAnswer: () => ({ status: 200, body: '' }),
    };
  }
}
