import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { secretsOf } from '../config/secrets-of.ts';
import type { Invocation } from './invocation.ts';

/** The configuration of a command, its secrets being kept out of whatever the process prints from here on. */
export async function configured(invocation: Invocation): Promise<LoadedConfig> {
  const loaded = await loadConfig(invocation);
  invocation.keepSecret(secretsOf(loaded.config));
  return loaded;
}
