import { openOverview } from '../app.ts';
import { exitCodes } from '../domain/errors.ts';
import { printableJson } from '../lib/printable.ts';
import { programVersion } from '../runtime/version.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';
import { readStatus } from './status-report.ts';
import { statusText } from './status-text.ts';

/** `smanager status`: what the database says, also while the bot runs. With `--alive`: 1 unless a bot wrote its state lately. */
export async function status(
  invocation: Invocation,
  options: { readonly json?: boolean; readonly alive?: boolean },
): Promise<number> {
  const { config } = await configured(invocation);
  const opened = await openOverview(config);
  try {
    const report = await readStatus(opened.overview, programVersion(), opened.clock.nowMs());
    print(invocation, options.json === true ? printableJson(report) : statusText(report));
    return options.alive === true && !report.alive ? exitCodes.defect : exitCodes.stopped;
  } finally {
    await opened.close();
  }
}
