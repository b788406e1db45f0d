import type { Clients } from '../app-parts.ts';
import type { Config } from '../config/config.ts';

/** What `smanager check` says of one part. */
export interface CheckLine {
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly message: string;
  /** What a person can do about it. */
  readonly advice?: string;
}

/** Asks one part; what it throws is told as that part's line. */
export type Probe = (config: Config, clients: Clients, signal: AbortSignal) => Promise<CheckLine[]>;
