import type { DagProgress } from './dag-progress.ts';

/** A file being sealed. Lives in memory only: a restart of sWorker loses it and its data. */
export interface PendingFile {
  readonly cid: string;
  readonly startedMs: number;
  readonly diskIndex: number;
  plainBytes: number;
  sealedBytes: number;
  /** Undefined when blocks came without their bytes; then the caller says at the end whether the file is complete. */
  dag: DagProgress | undefined;
}

/**
 * A sealed file. `deleted` ones are gone for every reader, but block sealing the same CID until the next work report.
 * `reported`: what the last work reports made the chain believe.
 */
export interface HeldFile {
  readonly cid: string;
  readonly sizeBytes: number;
  readonly sealedSizeBytes: number;
  readonly sealedAtBlock: number;
  readonly diskIndex: number;
  state: 'valid' | 'lost' | 'deleted';
  reported: boolean;
}

/** Everything sWorker knows of files, in the order it came to know them. */
export class FileBook {
  readonly pending = new Map<string, PendingFile>();
  readonly held = new Map<string, HeldFile>();

  /** The sealed file unless it was deleted. */
  find(cid: string): HeldFile | undefined {
    const file = this.held.get(cid);
    return file?.state === 'deleted' ? undefined : file;
  }

  isBeingDeleted(cid: string): boolean {
    return this.held.get(cid)?.state === 'deleted';
  }

  list(state: HeldFile['state']): HeldFile[] {
    return [...this.held.values()].filter((file) => file.state === state);
  }
}
