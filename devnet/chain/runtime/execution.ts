import type { PalletTable } from '../pallet-table.ts';
import type { ChainRules } from '../rules.ts';
import type { VersionedStorage } from '../state/versioned-storage.ts';
import type { FileReplicaChanges } from './call.ts';
import type { ChainEvent, EventRecord, Phase } from './event.ts';

/** One block while its calls run: what they read, write and deposit. */
export class Execution {
  readonly storage: VersionedStorage;
  readonly table: PalletTable;
  readonly rules: ChainRules;
  readonly block: number;
  phase: Phase = 'initialization';
  readonly #events: EventRecord[] = [];
  readonly #queuedReports: FileReplicaChanges[] = [];

  constructor(storage: VersionedStorage, table: PalletTable, rules: ChainRules, block: number) {
    this.storage = storage;
    this.table = table;
    this.rules = rules;
    this.block = block;
  }

  /** The runtime's version: replicas are accounted by the spower service from 23 on. */
  get specVersion(): number {
    return this.table.specVersion;
  }

  get events(): readonly EventRecord[] {
    return this.#events;
  }

  /** Replica changes that work reports of this block left to the spower service. */
  get queuedReports(): readonly FileReplicaChanges[] {
    return this.#queuedReports;
  }

  deposit(deposited: ChainEvent): void {
    this.#events.push({ phase: this.phase, event: deposited });
  }

  queueReport(changes: FileReplicaChanges): void {
    this.#queuedReports.push(changes);
  }

  /** Runs the work; when it throws, everything that it wrote and deposited is undone. */
  transaction(work: () => void): void {
    const checkpoint = this.storage.checkpoint();
    const eventCount = this.#events.length;
    const reportCount = this.#queuedReports.length;
    try {
      work();
    } catch (error) {
      this.storage.rollback(checkpoint);
      this.#events.length = eventCount;
      this.#queuedReports.length = reportCount;
      throw error;
    }
  }
}
