import { decodeWorkReport, encodeWorkReport } from './records/swork.ts';
import { slotOf } from './rules.ts';
import type { ChainRules } from './rules.ts';
import type { Execution } from './runtime/execution.ts';
import { u64 } from './scale/write.ts';
import { itemKey, workReportKey } from './storage-keys.ts';

/** From this spec version on the chain counts a slot's reports later. */
const LATER_SINCE_SPEC = 23;

/** Advances the slot that counts as reported, and reports for nodes that only stand for the rest of the network. */
export class WorkReportSlots {
  readonly #rules: ChainRules;
  readonly #backgroundAnchors: Uint8Array[] = [];

  constructor(rules: ChainRules) {
    this.#rules = rules;
  }

  /** The node with this anchor reports each slot at its beginning, by a direct write without extrinsic. */
  keepReporting(anchor: Uint8Array): void {
    this.#backgroundAnchors.push(anchor);
  }

  /** `Swork.CurrentReportSlot` after a block: until the reports of a slot are counted it is the slot before. */
  currentReportSlot(block: number, specVersion: number): number {
    const slot = slotOf(block, this.#rules);
    if (block - slot >= this.#countedAfterBlocks(specVersion)) return slot;
    return Math.max(0, slot - this.#rules.reportSlotBlocks);
  }

  onInitialize(exec: Execution): void {
    const slot = slotOf(exec.block, this.#rules);
    const intoSlot = exec.block - slot;
    if (intoSlot === this.#countedAfterBlocks(exec.specVersion)) {
      exec.storage.put(itemKey('Swork', 'CurrentReportSlot'), u64(slot));
    }
    if (intoSlot === Math.floor(this.#rules.reportSlotBlocks / 60)) {
      for (const anchor of this.#backgroundAnchors) report(exec, anchor, slot);
    }
  }

  /** 500 of 600 blocks, 400 before spec 23. */
  #countedAfterBlocks(specVersion: number): number {
    const sixths = specVersion >= LATER_SINCE_SPEC ? 5 : 4;
    return Math.floor((this.#rules.reportSlotBlocks * sixths) / 6);
  }
}

function report(exec: Execution, anchor: Uint8Array, slot: number): void {
  const key = workReportKey(anchor);
  const bytes = exec.storage.get(key);
  if (bytes !== undefined) exec.storage.put(key, encodeWorkReport({ ...decodeWorkReport(bytes), reportSlot: slot }));
}
