import { namedAccount } from './accounts.ts';
import { toHex } from './hex.ts';
import type { FileReplicaChanges } from './runtime/call.ts';
import type { SignedCall } from './runtime/extrinsic.ts';

/** The account that brings replicas into the market. */
export const SPOWER_SUPERIOR = namedAccount('spower superior');

const FILES_PER_CALL = 100;

/** The off-chain service that collects work reports and writes their replicas into the market some blocks later. */
export class SpowerService {
  readonly #delayBlocks: number;
  #waiting: { readonly reportBlock: number; readonly file: FileReplicaChanges }[] = [];

  constructor(delayBlocks: number) {
    this.#delayBlocks = delayBlocks;
  }

  collect(reportBlock: number, files: readonly FileReplicaChanges[]): void {
    for (const file of files) this.#waiting.push({ reportBlock, file });
  }

  /** The extrinsics that the service sends into a block. */
  due(block: number): SignedCall[] {
    const lastProcessedBlock = block - this.#delayBlocks;
    const due = this.#waiting.filter(({ reportBlock }) => reportBlock <= lastProcessedBlock);
    if (due.length === 0) return [];
    this.#waiting = this.#waiting.filter(({ reportBlock }) => reportBlock > lastProcessedBlock);
    const files = merged(due.map(({ file }) => file));
    const calls: SignedCall[] = [];
    for (let start = 0; start < files.length; start += FILES_PER_CALL) {
      const part = files.slice(start, start + FILES_PER_CALL);
      calls.push({
        signer: SPOWER_SUPERIOR,
        call: { kind: 'market.updateReplicas', files: part, lastProcessedBlock },
      });
    }
    return calls;
  }
}

/** One entry for each CID and size, with all its changes. */
function merged(files: readonly FileReplicaChanges[]): FileReplicaChanges[] {
  const byFile = new Map<string, FileReplicaChanges>();
  for (const file of files) {
    const id = `${toHex(file.cid)} ${file.sizeBytes}`;
    const known = byFile.get(id);
    if (known === undefined) byFile.set(id, { ...file, changes: [...file.changes] });
    else known.changes.push(...file.changes);
  }
  return [...byFile.values()];
}
