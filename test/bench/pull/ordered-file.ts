/** A file that a customer holds and has ordered. */
export interface OrderedFile {
  readonly cid: string;
  readonly sizeBytes: number;
}

/** What one run of either side came to. */
export interface PulledFiles {
  readonly elapsedMs: number;
  /** Processor time of the measured process alone. */
  readonly cpuMs: number;
  /** Of all processes: daemons, front, sWorker, chain and the measured one; null where it cannot be told. */
  readonly allCpuMs: number | null;
}

export interface BotPulled extends PulledFiles {
  /** Of each file, from the daemon's answer to the committed end of the pull. */
  readonly confirmedMs: readonly number[];
  /** Of it, from the first page of keys until every order was read, decided and queued: then the pulls began. */
  readonly queuedInMs: number;
  /** Of the bot's process so far. */
  readonly rssMaxMiB: number;
}
