import type { Clock } from '../../src/runtime/clock.ts';
import { Disks, type DiskSpec } from './disks.ts';
import { FileBook, type HeldFile } from './files.ts';
import { fileInfo, fileInfoByType, workload } from './info-routes.ts';
import { SealDesk, type SealLimits } from './seal-desk.ts';
import { seal, sealEnd, sealStart, storageDelete } from './storage-routes.ts';
import { reportSlot, type ReportedFile } from './work-report.ts';
import {
  BASE_PATH,
  json,
  statusMessage,
  type SworkerRequest,
  type SworkerResponse,
  text,
  type UpgradePhase,
  upgradeTexts,
} from './wire.ts';

export interface SworkerModelOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Height the sWorker sees; undefined when its chain is unreachable. */
  readonly blockNumber: () => number | undefined;
  /** Carries a work report to the chain. Throws when it cannot: the files then wait for the next slot. */
  readonly report: (added: readonly ReportedFile[], deleted: readonly string[]) => void;
  /** Asks IPFS to unpin; within 60 s, as the real one. sWorker deletes whether or not that works. */
  readonly unpin: (cid: string) => Promise<void>;
  readonly disks?: readonly DiskSpec[];
  readonly sysDiskAvailableGib?: number;
  readonly limits?: Partial<SealLimits>;
  /** Bytes that sealing adds to each block; 560 unless told. */
  readonly sealOverheadBytes?: number;
  /** ss58 address that `/enclave/id_info` names. */
  readonly account?: string;
}

export interface PreloadFile extends ReportedFile {
  readonly state?: 'valid' | 'lost';
  /** True unless told: the chain has been told of it long ago. */
  readonly reported?: boolean;
  readonly sealedAtBlock?: number;
}

/** What sWorker writes when it could not ask the chain for the height: the largest int32. */
const UNKNOWN_BLOCK = 2_147_483_647;

/** A sWorker without transport, disk and SGX: same answers, same rules, all state in memory, time and chain from outside. */
export class SworkerModel {
  readonly files = new FileBook();
  readonly disks: Disks;
  readonly seals: SealDesk;
  /** Set from outside while sWorker upgrades. */
  upgrade: UpgradePhase = 'none';
  /** GiB free on the system disk; set from outside at will. */
  sysDiskAvailableGib: number;
  /** Deletions whose `pin/rm` failed: the pin stands although sWorker forgot the file. */
  readonly unpinFailures: { cid: string; error: unknown }[] = [];
  private readonly options: SworkerModelOptions;

  constructor(options: SworkerModelOptions) {
    this.options = options;
    this.disks = new Disks(options.disks ?? [{ volumeGib: 4000, srdGib: 2000 }]);
    this.sysDiskAvailableGib = options.sysDiskAvailableGib ?? 500;
    this.seals = new SealDesk({
      files: this.files,
      disks: this.disks,
      limits: { files: 400_000, pending: 500, ...options.limits },
      overheadBytes: options.sealOverheadBytes ?? 560,
      nowMs: () => options.clock.nowMs(),
      atBlock: () => this.atBlock(),
      upgrade: () => this.upgrade,
    });
  }

  /** Answers one request; resolves later than at once only for `storage/delete`, which waits for IPFS. */
  async handle(request: SworkerRequest): Promise<SworkerResponse> {
    if (!request.path.startsWith(BASE_PATH)) return text(400, 'Illegal request-target');
    if (this.upgrade === 'exit') return statusMessage(501, upgradeTexts.exit);
    const route = request.path.slice(BASE_PATH.length);
    if (request.method === 'GET') return this.get(route, request);
    if (request.method === 'POST') return this.post(route, request);
    return text(400, 'Unknown HTTP-method');
  }

  /** Builds and sends the work report of one slot. Rejects nothing itself: what `report` throws goes to the caller. */
  reportSlot(): void {
    reportSlot(this.files, this.options.report);
  }

  /** The process ends and starts: pending files and their data are gone, an upgrade is over. */
  restart(): void {
    for (const pending of this.files.pending.values()) this.seals.drop(pending);
    this.upgrade = 'none';
  }

  /** Valid files become lost, as when the validator cannot read them any more. Others are left alone. */
  loseFiles(cids: Iterable<string>): void {
    this.move(cids, 'valid', 'lost');
  }

  /** Lost files are valid again and will be reported anew. */
  recoverFiles(cids: Iterable<string>): void {
    this.move(cids, 'lost', 'valid');
  }

  /** A disk goes away with all its files, or comes back with them. */
  setDiskReachable(diskIndex: number, reachable: boolean): void {
    this.disks.setReachable(diskIndex, reachable);
    const onDisk = [...this.files.held.values()].filter((file) => file.diskIndex === diskIndex).map(({ cid }) => cid);
    if (reachable) this.recoverFiles(onDisk);
    else this.loseFiles(onDisk);
  }

  /** Puts files in place that were sealed before the story begins. Throws when the disks cannot hold them. */
  preload(files: Iterable<PreloadFile>): void {
    for (const file of files) {
      const sealedSizeBytes = file.sizeBytes + (this.options.sealOverheadBytes ?? 560);
      const diskIndex = this.disks.choose();
      if (!this.disks.use(diskIndex, sealedSizeBytes)) throw new RangeError(`no disk has room for ${file.cid}`);
      const state: HeldFile['state'] = file.state ?? 'valid';
      this.files.held.set(file.cid, {
        cid: file.cid,
        sizeBytes: file.sizeBytes,
        sealedSizeBytes,
        sealedAtBlock: file.sealedAtBlock ?? this.atBlock(),
        diskIndex,
        state,
        reported: file.reported ?? state === 'valid',
      });
    }
  }

  private get(route: string, request: SworkerRequest): SworkerResponse {
    switch (route) {
      case '/workload':
        return workload(this.files, this.disks, this.sysDiskAvailableGib);
      case '/file/info':
        return fileInfo(this.files, request, this.options.clock.nowMs());
      case '/file/info_by_type':
        return fileInfoByType(this.files, request, this.options.clock.nowMs());
      case '/enclave/id_info':
        return this.idInfo();
      default:
        return text(400, 'Unknown request target');
    }
  }

  private async post(route: string, request: SworkerRequest): Promise<SworkerResponse> {
    switch (route) {
      case '/storage/seal_start':
        return sealStart(this.seals, request);
      case '/storage/seal':
        return seal(this.seals, request);
      case '/storage/seal_end':
        return sealEnd(this.seals, request);
      case '/storage/delete':
        return storageDelete(
          {
            files: this.files,
            seals: this.seals,
            freeDisk: (diskIndex, bytes) => this.disks.free(diskIndex, bytes),
            unpin: (cid) => this.unpin(cid),
            upgrade: this.upgrade,
          },
          request,
        );
      default:
        return text(400, 'Unknown request!');
    }
  }

  private async unpin(cid: string): Promise<void> {
    try {
      await this.options.unpin(cid);
    } catch (error) {
      this.unpinFailures.push({ cid, error });
    }
  }

  private idInfo(): SworkerResponse {
    return json(200, {
      account: this.options.account ?? '',
      mrenclave: '5c'.repeat(32),
      pub_key: 'ab'.repeat(64),
      sworker_version: '1.1.1',
      version: '1.1.1',
    });
  }

  private move(cids: Iterable<string>, from: HeldFile['state'], to: HeldFile['state']): void {
    for (const cid of cids) {
      const file = this.files.held.get(cid);
      if (file?.state === from) file.state = to;
    }
  }

  private atBlock(): number {
    return this.options.blockNumber() ?? UNKNOWN_BLOCK;
  }
}
