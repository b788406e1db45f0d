import type { RecordedStatement } from './recorder.ts';

export interface DriveInput {
  readonly dataDir: string;
  readonly runs: number;
}

export interface RoomStatement extends RecordedStatement {
  readonly room: string;
}

export interface DriveOutput {
  /** Of each run. */
  readonly runs: readonly (readonly RoomStatement[])[];
}
