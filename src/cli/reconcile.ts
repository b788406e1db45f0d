import { openClients } from '../app.ts';
import { openReconciler } from '../app-reconcile.ts';
import { secretsOf } from '../config/secrets-of.ts';
import { exitCodes } from '../domain/errors.ts';
import { printableJson } from '../lib/printable.ts';
import { createLogger, readLogSettings } from '../runtime/winston-logger.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';
import { reconcileText } from './reconcile-text.ts';

/**
 * `smanager reconcile`: one run of the reconciler, also while the bot works. Only with `--apply` something is changed.
 * @returns 75 when nothing can be concluded yet
 */
export async function reconcile(
  invocation: Invocation,
  { json = false, apply = false }: { readonly json?: boolean; readonly apply?: boolean },
): Promise<number> {
  const { config } = await configured(invocation);
  const opened = await openReconciler(config, { apply, signal: invocation.signal });
  try {
    const { settings } = readLogSettings({ LOG_LEVEL: 'error' }, false, secretsOf(config));
    const clients = openClients(config, createLogger(settings, invocation.stderr), opened.genesisHash);
    try {
      const outcome = await opened.run(clients, invocation.signal);
      if (outcome.kind === 'unready') {
        invocation.stderr.write(`Nothing can be reconciled yet: ${outcome.reason}\n`);
        return exitCodes.outage;
      }
      print(invocation, json ? printableJson(outcome.report) : reconcileText(outcome.report));
      return exitCodes.stopped;
    } finally {
      await clients.close();
    }
  } finally {
    await opened.close();
  }
}
