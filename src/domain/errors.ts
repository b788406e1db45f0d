import { printable, printableLines } from '../lib/printable.ts';

/**
 * What becomes of an error that no task can handle:
 * `outage` is waited for and ends the process with 75 when it lasts, `configuration` refuses to run (78), `defect` ends with 1.
 */
export type Destiny = 'outage' | 'configuration' | 'defect';

export const exitCodes = { stopped: 0, defect: 1, outage: 75, configuration: 78 } as const;

/** Every code has a line in docs/operating.md. */
export const errorDestinies = {
  CHAIN_UNREACHABLE: 'outage',
  CHAIN_RPC_ERROR: 'outage',
  CHAIN_BAD_ANSWER: 'outage',
  CHAIN_STATE_PRUNED: 'outage',
  CHAIN_SYNCING: 'outage',
  CHAIN_UNDECODABLE: 'outage',
  DECODER_LOST: 'outage',
  CHAIN_WRONG_GENESIS: 'configuration',
  IPFS_UNREACHABLE: 'outage',
  IPFS_BAD_ANSWER: 'outage',
  IPFS_REFUSED: 'outage',
  SWORKER_UNREACHABLE: 'outage',
  SWORKER_BAD_ANSWER: 'outage',
  SWORKER_REFUSED: 'outage',
  SWORKER_UPGRADING: 'outage',
  COORDINATOR_UNREACHABLE: 'outage',
  COORDINATOR_BAD_ANSWER: 'outage',
  COORDINATOR_UNAUTHORIZED: 'configuration',
  TELEMETRY_FAILED: 'outage',
  CONFIG_INVALID: 'configuration',
  CONFIG_UNREADABLE: 'configuration',
  DATABASE_FOREIGN: 'configuration',
  DATABASE_NEWER: 'configuration',
  DATABASE_OLDER: 'configuration',
  DATABASE_OTHER_CHAIN: 'configuration',
  DATABASE_OTHER_ACCOUNT: 'configuration',
  DATABASE_DAMAGED: 'configuration',
  DATABASE_MISSING: 'configuration',
  DATABASE_BUSY: 'outage',
  DATABASE_LOCKED: 'outage',
  DATABASE_REPLACED: 'outage',
  RESTORE_UNFINISHED: 'configuration',
  BACKUP_NO_SPACE: 'configuration',
  BACKUP_FAILED: 'configuration',
  DISK_FULL: 'outage',
  DISK_READ_ONLY: 'outage',
  TOO_MANY_OPEN_FILES: 'outage',
  MOVE_REFUSED: 'defect',
  CURSOR_MOVED: 'defect',
  DEFECT: 'defect',
} as const satisfies Record<string, Destiny>;

export type ErrorCode = keyof typeof errorDestinies;
export type ErrorData = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * An error with a stable code, flat data fit for a log line (never a secret), and a destiny given by its code. Message and data often repeat words of
 * the other side: a terminal finds nothing in them to obey.
 */
export class SmError extends Error {
  override readonly name = 'SmError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, cause?: unknown) {
    super(printableLines(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = printableData(data);
  }

  /** True for an outage that has been waited for long enough: it ends the process. */
  get isFinal(): boolean {
    return false;
  }

  get destiny(): Destiny {
    return errorDestinies[this.code];
  }
}

function printableData(data: ErrorData): ErrorData {
  const entries = Object.entries(data);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? printable(value, Infinity) : value]),
  );
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is SmError {
  return error instanceof SmError && codes.includes(error.code);
}

export function isOutage(error: unknown): error is SmError {
  return error instanceof SmError && error.destiny === 'outage';
}

/** True for the error an aborted signal raises: a stop on request, never a failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'));
}

/** True when nothing can be written for now, whatever the reason: running pulls go on, none starts. */
export function isDiskTrouble(error: unknown): error is SmError {
  return hasCode(error, 'DISK_FULL', 'DISK_READ_ONLY', 'TOO_MANY_OPEN_FILES');
}

/** That nothing can be opened any more is the machine's fault, whoever met it: it is an outage that names the way out. */
export function tooManyOpenFiles(cause?: unknown): SmError {
  return new SmError(
    'TOO_MANY_OPEN_FILES',
    'no file and no connection can be opened any more: raise the limit of open files to 1024 or more (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker)',
    {},
    cause,
  );
}
