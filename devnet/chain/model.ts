import { blake2AsU8a } from '@polkadot/util-crypto';

import type { AccountId } from './accounts.ts';
import { accountBytes } from './accounts.ts';
import { babeDigest, sealBlock } from './block.ts';
import type { Block } from './block.ts';
import { fromHex } from './hex.ts';
import type { Hex } from './hex.ts';
import { History } from './history.ts';
import { palletTable } from './pallet-table.ts';
import { MAINNET_RULES, slotOf } from './rules.ts';
import type { ChainRules } from './rules.ts';
import type { Call } from './runtime/call.ts';
import { dispatchRoot } from './runtime/dispatch.ts';
import type { RootCall } from './runtime/dispatch.ts';
import { encodeEventRecords, event } from './runtime/event.ts';
import { Execution } from './runtime/execution.ts';
import { applySigned, applyTimestamp } from './runtime/extrinsic.ts';
import type { SignedCall } from './runtime/extrinsic.ts';
import { setMarketEnabled } from './runtime/market-files.ts';
import type { SpecVersion } from './runtime-version.ts';
import { concat, u32, u64 } from './scale/write.ts';
import { SPOWER_SUPERIOR, SpowerService } from './spower-service.ts';
import { itemKey } from './storage-keys.ts';
import { VersionedStorage } from './state/versioned-storage.ts';
import { WorkReportSlots } from './work-report-slots.ts';

export type ChainOptions = {
  /** Chains of different names have different genesis hashes; nothing else enters the genesis block. */
  readonly name: string;
  readonly specVersion: SpecVersion;
  /** Number of the first block that is produced. Above 1, the blocks between genesis and the one before it are missing. */
  readonly firstBlock: number;
  /** Chain time of block 0 (milliseconds since 1970); block n follows n × `blockTimeMs` later, however fast it is made. */
  readonly genesisMs: number;
  readonly blockTimeMs: number;
  /** How many finalized blocks keep their state; Infinity is an archive node. */
  readonly keepBlocks: number;
  /** How many blocks the finalized head stays behind the best one. */
  readonly finalityLag: number;
  readonly rules: Partial<ChainRules>;
};

const DEFAULTS: ChainOptions = {
  name: 'smanager devnet',
  specVersion: 25,
  firstBlock: 1,
  genesisMs: 1_600_000_000_000,
  blockTimeMs: 6000,
  keepBlocks: 256,
  finalityLag: 0,
  rules: {},
};

/** What a new block changed. */
export type BlockNotice = {
  readonly block: Block;
  readonly changedKeys: readonly Hex[];
  /** Blocks that became final with it, in order. */
  readonly finalized: readonly Block[];
  readonly isRuntimeChanged: boolean;
};

type BlockListener = (notice: BlockNotice) => void;

/**
 * A Crust chain in memory: deterministic, without time of its own, a block whenever it is told to make one.
 * All state is SCALE bytes under the chain's real keys.
 */
export class ChainModel {
  readonly rules: ChainRules;
  /** Direct writes are part of the next block's state, without event or extrinsic. */
  readonly storage = new VersionedStorage();
  readonly history: History;
  readonly slots: WorkReportSlots;
  /** While true no further block becomes final. */
  isFinalityPaused = false;
  readonly #options: ChainOptions;
  readonly #spower: SpowerService;
  readonly #listeners = new Set<BlockListener>();
  #queue: SignedCall[] = [];
  #rootQueue: RootCall[] = [];
  #specVersion: SpecVersion;
  #nextSpecVersion: SpecVersion;

  constructor(options: Partial<ChainOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.rules = { ...MAINNET_RULES, ...this.#options.rules };
    this.#specVersion = this.#options.specVersion;
    this.#nextSpecVersion = this.#specVersion;
    this.#spower = new SpowerService(this.rules.spowerDelayBlocks);
    const genesis = this.#seal(0, new Uint8Array(32), []);
    const base = this.#options.firstBlock - 1;
    this.history = new History(
      genesis,
      base === 0 ? genesis : this.#seal(base, fromHex(genesis.hash), []),
      this.#options.keepBlocks,
    );
    this.slots = new WorkReportSlots(this.rules);
    this.#writeBaseState(base);
  }

  get head(): Block {
    return this.history.head;
  }

  get finalized(): Block {
    return this.history.finalized;
  }

  /** Of the runtime that runs the next block. */
  get specVersion(): SpecVersion {
    return this.#specVersion;
  }

  /** Puts a signed call into the next block. */
  submit(signer: AccountId, call: Call): void {
    this.#queue.push({ signer, call });
  }

  /** Runs a call as the chain itself at the beginning of the next block; its events carry the phase Initialization. */
  scheduleRoot(call: RootCall): void {
    this.#rootQueue.push(call);
  }

  /** The next block still runs under the old runtime and brings the new one; the block after it runs under the new one. */
  setSpecVersion(specVersion: SpecVersion): void {
    this.#nextSpecVersion = specVersion;
  }

  /** Listeners are called in the order they came, before `produceBlock` returns. Returns the end of the subscription. */
  onBlock(listener: BlockListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes n blocks and returns the last. */
  advance(blocks: number): Block {
    for (let i = 0; i < blocks; i += 1) this.produceBlock();
    return this.head;
  }

  produceBlock(): Block {
    const parent = this.head;
    const number = parent.number + 1;
    const exec = new Execution(this.storage, palletTable(this.#specVersion), this.rules, number);
    const isUpgrade = this.#nextSpecVersion !== this.#specVersion;
    this.#initialize(exec, isUpgrade);
    const extrinsics = this.#applyExtrinsics(exec);
    this.#spower.collect(number, exec.queuedReports);
    const events = encodeEventRecords(exec.events, exec.table);
    this.#writeSystemState(number, fromHex(parent.hash), events, exec.events.length);
    this.#specVersion = this.#nextSpecVersion;
    const changedKeys = this.storage.commit(number);
    const block = this.#seal(number, fromHex(parent.hash), extrinsics, events);
    this.history.append(block);
    const finalized = this.#finalize();
    this.history.pruneStates((old) => this.storage.prune(old));
    for (const listener of this.#listeners) listener({ block, changedKeys, finalized, isRuntimeChanged: isUpgrade });
    return block;
  }

  #initialize(exec: Execution, isUpgrade: boolean): void {
    this.slots.onInitialize(exec);
    if (isUpgrade) exec.deposit(event('System', 'CodeUpdated'));
    for (const call of this.#rootQueue) dispatchRoot(exec, call);
    this.#rootQueue = [];
  }

  #applyExtrinsics(exec: Execution): Uint8Array[] {
    const signed = [...this.#spower.due(exec.block), ...this.#queue];
    this.#queue = [];
    return [applyTimestamp(exec, this.#timeMs(exec.block)), ...signed.map((call, i) => applySigned(exec, call, i + 1))];
  }

  #finalize(): readonly Block[] {
    if (this.isFinalityPaused) return [];
    return this.history.finalizeTo(this.head.number - this.#options.finalityLag);
  }

  #timeMs(block: number): number {
    return this.#options.genesisMs + block * this.#options.blockTimeMs;
  }

  #writeBaseState(base: number): void {
    setMarketEnabled(this.storage, true);
    this.storage.put(itemKey('Market', 'SpowerSuperior'), accountBytes(SPOWER_SUPERIOR));
    this.storage.put(itemKey('Swork', 'SpowerSuperior'), accountBytes(SPOWER_SUPERIOR));
    this.storage.put(itemKey('Swork', 'CurrentReportSlot'), u64(this.slots.currentReportSlot(base, this.#specVersion)));
    this.#writeSystemState(base, new Uint8Array(32), encodeEventRecords([], palletTable(this.#specVersion)), 0);
    this.storage.commit(base);
  }

  #writeSystemState(number: number, parentHash: Uint8Array, events: Uint8Array, eventCount: number): void {
    this.storage.put(itemKey('System', 'Number'), u32(number));
    this.storage.put(itemKey('System', 'ParentHash'), parentHash);
    this.storage.put(itemKey('System', 'Events'), events);
    this.storage.put(itemKey('System', 'EventCount'), u32(eventCount));
    this.storage.put(itemKey('Timestamp', 'Now'), u64(this.#timeMs(number)));
  }

  /** The roots are hashes of what they should cover, not roots of tries: no client of this chain proves anything. */
  #seal(number: number, parentHash: Uint8Array, extrinsics: readonly Uint8Array[], events?: Uint8Array): Block {
    const name = new TextEncoder().encode(this.#options.name);
    const stateRoot = blake2AsU8a(concat([name, parentHash, u32(number), events ?? new Uint8Array()]), 256);
    const extrinsicsRoot = blake2AsU8a(concat(extrinsics), 256);
    const slot = Math.floor(this.#timeMs(number) / this.#options.blockTimeMs);
    const digest = number === 0 ? [] : babeDigest(number, slot);
    return sealBlock({ number, parentHash, stateRoot, extrinsicsRoot, digest }, extrinsics, this.#nextSpecVersion);
  }

  /** The slot that a work report made in the next block belongs to. */
  get nextReportSlot(): number {
    return slotOf(this.head.number + 1, this.rules);
  }
}
