import type { Disks } from './disks.ts';
import type { FileBook, HeldFile, PendingFile } from './files.ts';
import { json, statusMessage, type SworkerRequest, type SworkerResponse } from './wire.ts';

const heldInfo = (file: HeldFile) => ({
  size: file.sizeBytes,
  s_size: file.sealedSizeBytes,
  c_block_num: file.sealedAtBlock,
});

/** Strings, both of them, where the sealed files have numbers. */
const pendingInfo = (file: PendingFile, nowMs: number) => ({
  used_time: `${Math.max(0, Math.floor((nowMs - file.startedMs) / 1000))}s`,
  sealed_size: String(file.sealedBytes),
});

export function fileInfo(files: FileBook, request: SworkerRequest, nowMs: number): SworkerResponse {
  const cid = request.query.get('cid');
  if (cid === undefined || cid === '') return statusMessage(400, 'Bad parameter! Need a cid parameter');
  const held = files.find(cid);
  const pending = files.pending.get(cid);
  if (held?.state === 'lost') return json(200, { [cid]: { ...heldInfo(held), type: 'lost' } });
  if (pending !== undefined) return json(200, { [cid]: { ...pendingInfo(pending, nowMs), type: 'pending' } });
  if (held !== undefined) return json(200, { [cid]: { ...heldInfo(held), type: 'valid' } });
  return statusMessage(404, 'File not found.');
}

/** One type: a flat map of CIDs. `all`: the three maps under their names. */
export function fileInfoByType(files: FileBook, request: SworkerRequest, nowMs: number): SworkerResponse {
  const heldMap = (state: 'valid' | 'lost') =>
    Object.fromEntries(files.list(state).map((file) => [file.cid, heldInfo(file)]));
  const pendingMap = () =>
    Object.fromEntries([...files.pending.values()].map((file) => [file.cid, pendingInfo(file, nowMs)]));
  switch (request.query.get('type') ?? '') {
    case 'valid':
      return json(200, heldMap('valid'));
    case 'lost':
      return json(200, heldMap('lost'));
    case 'pending':
      return json(200, pendingMap());
    case 'all':
      return json(200, { lost: heldMap('lost'), pending: pendingMap(), valid: heldMap('valid') });
    default:
      return statusMessage(400, 'Bad parameter! type must be one of all, pending, valid, lost');
  }
}

const tally = (sizes: readonly number[]) => ({ num: sizes.length, size: sizes.reduce((sum, size) => sum + size, 0) });

/** `files.*.size` are bytes, every number under `srd` is GiB. `volumn` is spelt so. */
export function workload(files: FileBook, disks: Disks, sysDiskAvailableGib: number): SworkerResponse {
  const reports = disks.reports();
  const total = (pick: (report: (typeof reports)[number]) => number) =>
    reports.reduce((sum, report) => sum + pick(report), 0);
  const plainSizes = (state: 'valid' | 'lost') => files.list(state).map((file) => file.sizeBytes);
  return json(200, {
    files: {
      lost: tally(plainSizes('lost')),
      pending: tally([...files.pending.values()].map((file) => file.sealedBytes)),
      valid: tally(plainSizes('valid')),
    },
    srd: {
      disk_available: total((report) => report.availableGib),
      disk_available_for_srd: total((report) => report.availableForSrdGib),
      disk_volume: total((report) => report.volumeGib),
      srd_complete: total((report) => report.srdGib),
      srd_detail: Object.fromEntries(
        reports.map((report, index) => [
          `disk-${index + 1}`,
          {
            avail: report.availableGib,
            srd: report.srdGib,
            srd_avail: report.availableForSrdGib,
            volumn: report.volumeGib,
          },
        ]),
      ),
      srd_remaining_task: 0,
      sys_disk_available: sysDiskAvailableGib,
    },
  });
}
