import { groupKey, identityKey } from '../../../src/clients/chain/facts/node-facts.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { BLOCK_MS } from '../../../src/domain/units.ts';
import { toHex } from '../../../devnet/chain/hex.ts';
import { encodeGroup, encodeIdentity, encodeWorkReport } from '../../../devnet/chain/records/swork.ts';
import { u32, u64 } from '../../../devnet/chain/scale/write.ts';
import { workReportKey } from '../../../devnet/chain/storage-keys.ts';
import { benchGroup, blockOfDay } from './bench-world.ts';
import { BusyBlocks } from './busy-blocks.ts';

const HASH_START = '0xb10c'.padEnd(58, 'b10c');
const SLOT_BLOCKS = 600;
const NODES = 200;
/** One successful inherent: what the emptiest block has. */
const EVENTS = `0x0400000000000000${toHex(u64(10_000_000)).slice(2)}020000`;

/** Blocks of the bench chain and what little it has besides orders. */
export class BenchNode {
  readonly #fixed = new Map<string, string>();
  readonly #busy = new BusyBlocks();
  #finalized = blockOfDay(0);

  constructor() {
    const owner = `0x${benchGroup.ownerHex}` as const;
    const members = benchGroup.memberHexes.map((hex) => `0x${hex}` as const);
    benchGroup.memberHexes.forEach((hex, index) => {
      const identity = encodeIdentity({ anchor: anchorOf(index), punishmentDeadlineSlot: 0, group: owner });
      this.#fixed.set(identityKey(accountOf(hex)), toHex(identity));
    });
    this.#fixed.set(groupKey(accountOf(benchGroup.ownerHex)), toHex(encodeGroup({ members, allowlist: [] })));
    for (let node = 0; node < NODES; node += 1) this.#fixed.set(workReportKey(anchorOf(node)), '');
  }

  get finalized(): number {
    return this.#finalized;
  }

  finalize(block: number): void {
    this.#finalized = Math.max(this.#finalized, block);
  }

  /** The next block, with all that happens on a chain. */
  finalizeBusy(): void {
    this.#finalized += 1;
    this.#busy.add(this.#finalized);
  }

  extrinsics(block: number): readonly string[] {
    return this.#busy.extrinsics(block);
  }

  hashOf(block: number): string | null {
    return block > this.#finalized ? null : `${HASH_START}${block.toString(16).padStart(8, '0')}`;
  }

  /** Undefined for a hash that is no block's. */
  blockOf(hash: string): number | undefined {
    const block = Number.parseInt(hash.slice(HASH_START.length), 16);
    return this.hashOf(block) === hash ? block : undefined;
  }

  header(block: number): object {
    const zeros = `0x${'00'.repeat(32)}`;
    return {
      parentHash: this.hashOf(Math.max(0, block - 1)),
      number: `0x${block.toString(16)}`,
      stateRoot: zeros,
      extrinsicsRoot: zeros,
      digest: { logs: [] },
    };
  }

  /** The value under a key that is none of the map's first orders; the newest block is as old as the moment of asking. */
  value(key: string, block: number): string | null {
    if (key === storagePrefixes.timestampNow) return toHex(u64(Date.now() - (this.#finalized - block) * BLOCK_MS));
    if (key === storagePrefixes.systemNumber) return toHex(u32(block));
    if (key === storagePrefixes.systemEvents) return this.#busy.events(block) ?? EVENTS;
    if (key === storagePrefixes.sworkCurrentReportSlot) return toHex(u64(slotOf(block)));
    if (key.startsWith(storagePrefixes.sworkWorkReports) && this.#fixed.has(key)) return workReport(block);
    return this.#fixed.get(key) ?? this.#busy.order(key, block) ?? null;
  }

  /** Keys of other maps than the orders'. */
  keys(prefix: string, after: string | null, limit: number): readonly string[] {
    const found = [...this.#fixed.keys()].filter((key) => key.startsWith(prefix) && key > (after ?? ''));
    return found.toSorted().slice(0, limit);
  }
}

function slotOf(block: number): number {
  return block - (block % SLOT_BLOCKS);
}

function anchorOf(node: number): Uint8Array {
  return new Uint8Array(64).fill(node);
}

function workReport(block: number): string {
  const root = new Uint8Array(64);
  const nothing = { spower: 0n, freeBytes: 0n, reportedFilesBytes: 0n, srdRoot: root, filesRoot: root };
  return toHex(encodeWorkReport({ reportSlot: slotOf(block), ...nothing }));
}
