import { beforeEach, describe, expect, it } from 'vitest';
import { SworkerModel } from '../../../devnet/sworker/model.ts';
import { parseRawQuery, type SworkerResponse } from '../../../devnet/sworker/wire.ts';
import type { ReportedFile } from '../../../devnet/sworker/work-report.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const GIB = 1024 ** 3;

let clock: ManualClock;
let reports: { added: readonly ReportedFile[]; deleted: readonly string[] }[];
let unpinned: string[];
let sworker: SworkerModel;
let block: number | undefined;

beforeEach(() => {
  clock = new ManualClock();
  reports = [];
  unpinned = [];
  block = 1234;
  sworker = new SworkerModel({
    clock,
    blockNumber: () => block,
    report: (added, deleted) => reports.push({ added, deleted }),
    unpin: async (cid) => void unpinned.push(cid),
    disks: [{ volumeGib: 200, srdGib: 100, otherGib: 10 }],
    limits: { pending: 2, files: 4 },
    sealOverheadBytes: 100,
  });
});

const call = (method: string, target: string, body: object | Uint8Array = {}): Promise<SworkerResponse> => {
  const [path = '', query = ''] = target.split('?', 2);
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  return sworker.handle({ method, path: `/api/v0${path}`, query: parseRawQuery(query), body: bytes });
};
const get = (target: string) => call('GET', target);
const post = (target: string, body?: object) => call('POST', target, body);
const parsed = (response: SworkerResponse) => JSON.parse(response.body) as Record<string, unknown>;
const start = (cid: string) => post('/storage/seal_start', { cid, cid_b58: cid });

/** Seals without bytes, as a simulated IPFS does. */
function sealed(cid: string, sizeBytes = 1000): void {
  sworker.seals.start(cid);
  sworker.seals.block(cid, sizeBytes);
  sworker.seals.end(cid, true);
}

const lastReport = () => {
  sworker.reportSlot();
  const last = reports.at(-1);
  return { added: last?.added.map(({ cid }) => cid), deleted: last?.deleted };
};

describe('what sWorker says of files', () => {
  it('gives pending numbers as strings and sealed ones as numbers', async () => {
    await start('QmA');
    sworker.seals.block('QmA', 400);
    await clock.advance(2500);
    expect(await get('/file/info?cid=QmA')).toEqual({
      status: 200,
      contentType: 'application/text',
      body: '{"QmA":{"used_time":"2s","sealed_size":"500","type":"pending"}}',
    });
    sworker.seals.end('QmA', true);
    expect(parsed(await get('/file/info?cid=QmA'))).toEqual({
      QmA: { size: 400, s_size: 500, c_block_num: 1234, type: 'valid' },
    });
  });

  it('gives the largest int32 for the block when its chain is away', async () => {
    block = undefined;
    sealed('QmA');
    expect(parsed(await get('/file/info?cid=QmA'))).toMatchObject({ QmA: { c_block_num: 2_147_483_647 } });
  });

  it('lists one type flat and all types nested', async () => {
    sealed('QmV');
    sealed('QmL');
    sworker.loseFiles(['QmL']);
    await start('QmP');
    expect(Object.keys(parsed(await get('/file/info_by_type?type=valid')))).toEqual(['QmV']);
    expect(parsed(await get('/file/info_by_type?type=pending'))).toEqual({
      QmP: { used_time: '0s', sealed_size: '0' },
    });
    const all = parsed(await get('/file/info_by_type?type=all'));
    expect(Object.entries(all).map(([type, files]) => [type, Object.keys(files as object)])).toEqual([
      ['lost', ['QmL']],
      ['pending', ['QmP']],
      ['valid', ['QmV']],
    ]);
    expect((await get('/file/info_by_type?type=other')).status).toBe(400);
  });

  it('knows no other file, no missing parameter, no other route', async () => {
    expect(await get('/file/info?cid=QmX')).toMatchObject({
      status: 404,
      body: expect.stringContaining('File not found.'),
    });
    expect((await get('/file/info')).status).toBe(400);
    expect(await get('/nothing')).toMatchObject({ status: 400, body: 'Unknown request target' });
    expect(await post('/nothing')).toMatchObject({ status: 400, body: 'Unknown request!' });
    expect((await call('POST', '/file/info?cid=QmX')).status).toBe(400);
  });

  it('counts files in bytes and disks in GiB, and leaves out a disk that is away', async () => {
    sealed('QmA', 3 * GIB);
    expect(parsed(await get('/workload'))).toEqual({
      files: { lost: { num: 0, size: 0 }, pending: { num: 0, size: 0 }, valid: { num: 1, size: 3 * GIB } },
      srd: {
        disk_available: 86,
        disk_available_for_srd: 36,
        disk_volume: 200,
        srd_complete: 100,
        srd_detail: { 'disk-1': { avail: 86, srd: 100, srd_avail: 36, volumn: 200 } },
        srd_remaining_task: 0,
        sys_disk_available: 500,
      },
    });
    sworker.setDiskReachable(0, false);
    expect(parsed(await get('/workload'))).toMatchObject({
      files: { lost: { num: 1 }, valid: { num: 0 } },
      srd: { disk_volume: 0, srd_detail: {} },
    });
  });
});

describe('starting, ending and dropping a seal', () => {
  it('tells sealed, lost, sealing and deleted files apart', async () => {
    sealed('QmA');
    expect(parsed(await start('QmA'))).toMatchObject({ status_code: 8012 });
    sworker.loseFiles(['QmA']);
    expect(await start('QmA')).toMatchObject({ status: 200, body: expect.stringContaining('8012') });
    await start('QmB');
    expect(await start('QmB')).toMatchObject({ status: 200, body: expect.stringContaining('8013') });
    sworker.recoverFiles(['QmA']);
    await post('/storage/delete', { cid: 'QmA' });
    expect(await start('QmA')).toMatchObject({ status: 400, body: expect.stringContaining('8014') });
  });

  it('needs both texts of the CID', async () => {
    expect((await post('/storage/seal_start', { cid: 'QmA' })).status).toBe(400);
    expect((await call('POST', '/storage/seal_start', Buffer.from('{'))).status).toBe(400);
  });

  it('refuses more pending files and more files than it may have', async () => {
    await start('QmA');
    await start('QmB');
    expect(await start('QmC')).toMatchObject({ status: 500, body: expect.stringContaining('4020') });
    sworker.restart();
    for (const cid of ['Qm1', 'Qm2', 'Qm3', 'Qm4']) sealed(cid);
    expect(parsed(await start('Qm5'))).toMatchObject({ status_code: 4020 });
  });

  it('takes no block and no end for a file that is not pending', async () => {
    expect(await post('/storage/seal?cid=QmA&new_block=false')).toMatchObject({
      status: 500,
      body: expect.stringContaining('8005'),
    });
    expect(await post('/storage/seal_end', { cid: 'QmA' })).toMatchObject({
      status: 404,
      body: expect.stringContaining('8005'),
    });
  });

  it('drops a file that ends incomplete', async () => {
    await start('QmA');
    expect(await post('/storage/seal_end', { cid: 'QmA' })).toMatchObject({
      status: 500,
      body: expect.stringContaining('8017'),
    });
    expect((await get('/file/info?cid=QmA')).status).toBe(404);
    expect(parsed(await start('QmA'))).toMatchObject({ status_code: 0 });
  });

  it('gives SRD up for files and fails with 8016 when nothing is left', async () => {
    await start('QmA');
    expect(sworker.seals.block('QmA', 120 * GIB).code).toBe(0);
    expect(parsed(await get('/workload'))).toMatchObject({ srd: { srd_complete: 19, disk_available: 50 } });
    expect(sworker.seals.block('QmA', 80 * GIB)).toMatchObject({ httpStatus: 500, code: 8016 });
    expect(sworker.files.pending.size).toBe(0);
    expect(parsed(await get('/workload'))).toMatchObject({ srd: { disk_available: 171 } });
  });

  it('forgets what is pending when it restarts', async () => {
    await start('QmA');
    sealed('QmB');
    sworker.restart();
    expect((await get('/file/info?cid=QmA')).status).toBe(404);
    expect((await get('/file/info?cid=QmB')).status).toBe(200);
  });

  it('refuses by gate, by enclave, and at the end everything, while it upgrades', async () => {
    sealed('QmA');
    sworker.upgrade = 'process';
    expect((await start('QmB')).status).toBe(501);
    expect((await post('/storage/delete', { cid: 'QmA' })).status).toBe(501);
    expect((await get('/workload')).status).toBe(200);
    sworker.upgrade = 'none';
    await start('QmB');
    sworker.upgrade = 'enclave';
    expect(await start('QmC')).toMatchObject({ status: 503, body: expect.stringContaining('10010') });
    expect((await post('/storage/delete', { cid: 'QmA' })).status).toBe(503);
    expect(sworker.seals.block('QmB', 1)).toMatchObject({ httpStatus: 503, code: 10010 });
    expect(sworker.files.pending.size).toBe(0);
    sworker.upgrade = 'exit';
    expect((await get('/workload')).status).toBe(501);
    expect((await get('/enclave/id_info')).status).toBe(501);
  });
});

describe('deleting', () => {
  it('forgets the file and unpins it, once and again', async () => {
    sealed('QmA');
    expect((await post('/storage/delete', { cid: 'QmA' })).status).toBe(200);
    expect((await get('/file/info?cid=QmA')).status).toBe(404);
    expect((await post('/storage/delete', { cid: 'QmA' })).status).toBe(200);
    expect(await post('/storage/delete', { cid: 'QmX' })).toMatchObject({
      status: 404,
      body: expect.stringContaining("File 'QmX' is not existed in sworker"),
    });
    expect(unpinned).toEqual(['QmA']);
  });

  it('ends the seal of a pending file', async () => {
    await start('QmA');
    expect((await post('/storage/delete', { cid: 'QmA' })).status).toBe(200);
    expect(sworker.seals.block('QmA', 1).code).toBe(8005);
    expect(parsed(await start('QmA'))).toMatchObject({ status_code: 0 });
  });
});

describe('what enters a work report', () => {
  it('a file that became valid, once', () => {
    sealed('QmA', 700);
    sworker.reportSlot();
    expect(reports).toEqual([{ added: [{ cid: 'QmA', sizeBytes: 700 }], deleted: [] }]);
    expect(lastReport()).toEqual({ added: [], deleted: [] });
  });

  it('a loss as deleted, a return as added', () => {
    sealed('QmA');
    lastReport();
    sworker.loseFiles(['QmA']);
    expect(lastReport()).toEqual({ added: [], deleted: ['QmA'] });
    expect(lastReport()).toEqual({ added: [], deleted: [] });
    sworker.recoverFiles(['QmA']);
    expect(lastReport()).toEqual({ added: ['QmA'], deleted: [] });
  });

  it('nothing of a file that was lost and back between two reports, or came and went', async () => {
    sealed('QmA');
    lastReport();
    sworker.loseFiles(['QmA']);
    sworker.recoverFiles(['QmA']);
    sealed('QmB');
    await post('/storage/delete', { cid: 'QmB' });
    expect(lastReport()).toEqual({ added: [], deleted: [] });
  });

  it('a deletion, after which the CID may be sealed and reported again', async () => {
    sealed('QmA');
    lastReport();
    await post('/storage/delete', { cid: 'QmA' });
    expect((await start('QmA')).status).toBe(400);
    expect(lastReport()).toEqual({ added: [], deleted: ['QmA'] });
    sealed('QmA');
    expect(lastReport()).toEqual({ added: ['QmA'], deleted: [] });
  });

  it('never again a copy that stayed valid', () => {
    sworker.preload([{ cid: 'QmA', sizeBytes: 5 }]);
    expect(lastReport()).toEqual({ added: [], deleted: [] });
  });

  it('again what the chain did not take', () => {
    sealed('QmA');
    const failing = new SworkerModel({
      clock,
      blockNumber: () => 1,
      report: () => {
        throw new Error('chain away');
      },
      unpin: async () => undefined,
    });
    failing.files.held.set('QmA', { ...sworker.files.held.get('QmA')! });
    expect(() => failing.reportSlot()).toThrow('chain away');
    expect(failing.files.held.get('QmA')?.reported).toBe(false);
  });

  it('at most 300 files a slot', () => {
    sworker.preload(Array.from({ length: 301 }, (_, index) => ({ cid: `Qm${index}`, sizeBytes: 1, reported: false })));
    expect(lastReport().added).toHaveLength(300);
    expect(lastReport().added).toEqual(['Qm300']);
  });
});
