import { describe, expect, it, onTestFinished } from 'vitest';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import type { EndPoint } from '../../../src/config/end-point.ts';
import { type ErrorCode, isAbort } from '../../../src/domain/errors.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { closedEndPoint, localServer } from '../../support/local-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { failure, rejection, until } from '../../support/rejection.ts';

const cid = 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV';
const going = new AbortController().signal;

function clientOf(endPoint: EndPoint, clock = new SystemClock()): SworkerClient {
  const client = new SworkerClient({ endPoint, transport: new UndiciTransport(endPoint), clock });
  onTestFinished(async () => client.close());
  return client;
}

/** A client whose sWorker answers everything with this status and body, under sWorker's own content type. */
async function answering(status: number, body: unknown): Promise<SworkerClient> {
  const { endPoint } = await localServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/text' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return clientOf(endPoint);
}

async function listed<T>(slices: AsyncIterable<readonly T[]>): Promise<T[]> {
  const result: T[] = [];
  for await (const slice of slices) result.push(...slice);
  return result;
}

const workload = {
  files: {
    lost: { num: 1, size: 10 },
    pending: { num: '2', size: '20' },
    valid: { num: 3, size: 30_000_000_000 },
  },
  srd: {
    srd_complete: 100,
    srd_remaining_task: -5,
    disk_available_for_srd: 50,
    disk_available: '200',
    disk_volume: 4000,
    sys_disk_available: 90,
    srd_detail: { '/opt/1': { srd: 1 }, '/opt/2': { srd: 2 } },
  },
};

describe('sWorker workload', () => {
  it('reads numbers as numbers and as text, whatever the content type says', async () => {
    const client = await answering(200, workload);
    expect(await client.workload(going)).toEqual({
      files: {
        lost: { num: 1, sizeBytes: 10 },
        pending: { num: 2, sizeBytes: 20 },
        valid: { num: 3, sizeBytes: 30_000_000_000 },
      },
      srd: {
        srdCompleteGib: 100,
        srdRemainingTaskGib: -5,
        diskAvailableForSrdGib: 50,
        diskAvailableGib: 200,
        diskVolumeGib: 4000,
        sysDiskAvailableGib: 90,
        srdVolumeCount: 2,
      },
    });
  });

  it('names end point, call, field and what came when the shape is wrong', async () => {
    const wrong = { ...workload, files: { ...workload.files, valid: { num: 'many\u001b[2J', size: 1 } } };
    const error = await failure((await answering(200, wrong)).workload(going));
    expect(error.code).toBe('SWORKER_BAD_ANSWER');
    expect(error.data).toMatchObject({ call: 'GET /api/v0/workload', field: 'files.valid.num' });
    expect(error.data['endPoint']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    expect(error.message).toContain('many');
    expect(error.message).not.toContain('\u001b');
  });

  it.each<[string, number, string, ErrorCode]>([
    ['no JSON', 200, 'oops', 'SWORKER_BAD_ANSWER'],
    ['half a body', 200, JSON.stringify(workload).slice(0, 100), 'SWORKER_BAD_ANSWER'],
    ['null', 200, 'null', 'SWORKER_BAD_ANSWER'],
    ['nothing', 200, '', 'SWORKER_BAD_ANSWER'],
    ['a negative size', 200, JSON.stringify(workload).replace('30000000000', '-1'), 'SWORKER_BAD_ANSWER'],
    [
      'a gate closed for an upgrade',
      501,
      '{"status_code":501,"message":"closed due to upgrade!"}',
      'SWORKER_UPGRADING',
    ],
    ['an enclave that upgrades', 503, '{"status_code":503,"message":"x"}', 'SWORKER_UPGRADING'],
    ['an unknown route', 400, 'Unknown request target', 'SWORKER_REFUSED'],
    ['a failure inside', 500, '{"status_code":500,"message":"SGX"}', 'SWORKER_REFUSED'],
  ])('%s', async (_, status, body, code) => {
    expect((await failure((await answering(status, body)).workload(going))).code).toBe(code);
  });
});

describe('sWorker file info', () => {
  it('tells valid, lost and pending files', async () => {
    const valid = await answering(200, { [cid]: { size: 7, s_size: 9, c_block_num: 2147483647, type: 'valid' } });
    expect(await valid.fileInfo(cid, going)).toEqual({ type: 'valid', cid, sizeBytes: 7, sealedBytes: 9 });
    const lost = await answering(200, { [cid]: { size: '7', s_size: '9', type: 'lost' } });
    expect(await lost.fileInfo(cid, going)).toEqual({ type: 'lost', cid, sizeBytes: 7, sealedBytes: 9 });
    const pending = await answering(200, { [cid]: { used_time: '2s', sealed_size: '24644877', type: 'pending' } });
    expect(await pending.fileInfo(cid, going)).toEqual({ type: 'pending', cid, sealedBytes: 24_644_877 });
  });

  it('understands the type as the name of a group', async () => {
    const client = await answering(200, { lost: { [cid]: { size: 7, s_size: 9 } } });
    expect(await client.fileInfo(cid, going)).toMatchObject({ type: 'lost', sizeBytes: 7 });
  });

  it('is undefined only for sWorker’s own 404', async () => {
    const own = await answering(404, { status_code: 404, message: 'File not found.' });
    expect(await own.fileInfo(cid, going)).toBeUndefined();
    for (const body of ['<html>404 Not Found</html>', '', '{}', '{"status_code":200}']) {
      const error = await failure((await answering(404, body)).fileInfo(cid, going));
      expect(error.code).toBe('SWORKER_BAD_ANSWER');
    }
  });

  it.each([
    ['another file', { QmOther: { size: 1, type: 'valid' } }],
    ['no file', {}],
    ['no type', { [cid]: { size: 1 } }],
    ['a type that is none', { [cid]: { size: 1, type: 'gone' } }],
    ['a pending file without its size', { [cid]: { type: 'pending' } }],
  ])('refuses %s', async (_, body) => {
    expect((await failure((await answering(200, body)).fileInfo(cid, going))).code).toBe('SWORKER_BAD_ANSWER');
  });

  it('asks for a text that is no CID without breaking the request', async () => {
    const { endPoint, received } = await localServer((_, response) => {
      response.writeHead(404).end('{"status_code":404}');
    });
    expect(await clientOf(endPoint).fileInfo('a b&type=x\r\n/../', going)).toBeUndefined();
    expect(received[0]?.url).toBe('/api/v0/file/info?cid=a%20b%26type%3Dx%0D%0A%2F..%2F');
  });
});

describe('sWorker file lists', () => {
  it('reads pending files from flat and nested maps, and an empty map', async () => {
    const entry = { used_time: '2s', sealed_size: '5' };
    const expected = [{ type: 'pending', cid, sealedBytes: 5 }];
    expect(await (await answering(200, { [cid]: entry })).pendingFiles(going)).toEqual(expected);
    const all = { pending: { [cid]: entry }, valid: { QmB: { size: 1, s_size: 1 } } };
    expect(await (await answering(200, all)).pendingFiles(going)).toEqual(expected);
    expect(await (await answering(200, '{}')).pendingFiles(going)).toEqual([]);
  });

  it('streams a long list of valid files', async () => {
    const { endPoint, received } = await localServer((_, response) => {
      response.write('{');
      for (let file = 0; file < 20_000; file += 1) {
        response.write(
          `${file === 0 ? '' : ','}\n  "Qm${String(file)}" : { "size" : ${String(file)}, "s_size" : 1, "c_block_num" : 5 }`,
        );
      }
      response.end('\n}');
    });
    const files = await listed(clientOf(endPoint).validFiles(going));
    expect(files).toHaveLength(20_000);
    expect(files[19_999]).toEqual({ type: 'valid', cid: 'Qm19999', sizeBytes: 19_999, sealedBytes: 1 });
    expect(received[0]?.url).toBe('/api/v0/file/info_by_type?type=valid');
  });

  it('rejects a list that ends in the middle, cleanly or by a cut connection', async () => {
    const clean = await localServer((_, response) => {
      response.write('{"QmA":{"size":1,"s_size":1},');
      response.end('"QmB":{"si');
    });
    const cut = await localServer((_, response) => {
      response.write('{"QmA":{"size":1,"s_size":1},', () => response.destroy());
    });
    for (const { endPoint } of [clean, cut]) {
      const error = await failure(listed(clientOf(endPoint).lostFiles(going)));
      expect(error.code).toBe('SWORKER_BAD_ANSWER');
      expect(error.data['call']).toBe('GET /api/v0/file/info_by_type');
    }
  });

  it('names the file and field that is wrong', async () => {
    const error = await failure(listed((await answering(200, { QmA: { size: 'x' } })).validFiles(going)));
    expect(error.data['field']).toBe('QmA.size');
  });

  it('lets go of the connection when the reader stops early', async () => {
    const { endPoint } = await localServer((_, response) => {
      response.write(`{${'"QmA":{"size":1,"s_size":1},'.repeat(10_000)}`);
    });
    for await (const slice of clientOf(endPoint).validFiles(going)) {
      expect(slice[0]?.cid).toBe('QmA');
      break;
    }
  });

  it('refuses a list when sWorker is upgrading', async () => {
    const error = await failure(listed((await answering(501, '{"status_code":501}')).validFiles(going)));
    expect(error.code).toBe('SWORKER_UPGRADING');
  });
});

describe('sWorker delete', () => {
  it('posts the CID and tells deleted from absent', async () => {
    const { endPoint, received } = await localServer((_, response) => {
      response.end('{"status_code":200,"message":"Deleting file successfully"}');
    });
    expect(await clientOf(endPoint).deleteFile(cid, going)).toBe('deleted');
    expect(received[0]).toMatchObject({ method: 'POST', url: '/api/v0/storage/delete', body: JSON.stringify({ cid }) });
    const absent = await answering(404, { status_code: 404, message: `File '${cid}' is not existed in sworker` });
    expect(await absent.deleteFile(cid, going)).toBe('absent');
  });

  it.each<[number, string, ErrorCode]>([
    [404, 'not found', 'SWORKER_BAD_ANSWER'],
    [200, 'ok', 'SWORKER_BAD_ANSWER'],
    [501, '{"status_code":501,"message":"u"}', 'SWORKER_UPGRADING'],
    [503, '{"status_code":503,"message":"u"}', 'SWORKER_UPGRADING'],
    [500, '{"status_code":500,"message":"Unexpected error: 8001"}', 'SWORKER_REFUSED'],
    [400, '{"status_code":400,"message":"Bad parameter"}', 'SWORKER_REFUSED'],
  ])('HTTP %i with %s is %s', async (status, body, code) => {
    expect((await failure((await answering(status, body)).deleteFile(cid, going))).code).toBe(code);
  });

  it('waits more than a minute, and not for ever', async () => {
    const clock = new ManualClock();
    const { endPoint, received } = await localServer(() => undefined);
    const deleting = failure(clientOf(endPoint, clock).deleteFile(cid, going));
    await until(() => received.length > 0 && clock.sleeping > 0);
    await clock.advance(90_000);
    expect(clock.sleeping).toBe(1);
    await clock.advance(240_000);
    const error = await deleting;
    expect(error.code).toBe('SWORKER_UNREACHABLE');
    expect(error.message).toContain('300 s');
    expect(clock.sleeping).toBe(0);
  });
});

describe('sWorker seal end', () => {
  it.each<[number, number, string]>([
    [200, 0, 'ended'],
    [404, 8005, 'absent'],
    [500, 8017, 'incomplete'],
  ])('HTTP %i with code %i is %s', async (status, code, expected) => {
    expect(await (await answering(status, { status_code: code, message: 'm' })).endSeal(cid, going)).toBe(expected);
  });

  it.each<[number, unknown, ErrorCode]>([
    [503, { status_code: 10010 }, 'SWORKER_UPGRADING'],
    [500, { status_code: 4001 }, 'SWORKER_REFUSED'],
    [400, { status_code: 0 }, 'SWORKER_REFUSED'],
    [404, 'gone', 'SWORKER_BAD_ANSWER'],
    [200, 'ok', 'SWORKER_BAD_ANSWER'],
    [200, { status_code: 8005 }, 'SWORKER_BAD_ANSWER'],
  ])('HTTP %i with %j is %s', async (status, body, code) => {
    expect((await failure((await answering(status, body)).endSeal(cid, going))).code).toBe(code);
  });
});

describe('sWorker identity', () => {
  const identity = { pub_key: 'aa', mrenclave: 'bb', account: 'cT', version: '1.1.1', sworker_version: '0.1' };

  it('is read, and refused with 400', async () => {
    expect(await (await answering(200, identity)).idInfo(going)).toEqual({
      account: 'cT',
      version: '1.1.1',
      sworkerVersion: '0.1',
      publicKey: 'aa',
      mrenclave: 'bb',
    });
    const refused = await answering(400, { status_code: 400, message: 'Get id info failed!' });
    expect((await failure(refused.idInfo(going))).code).toBe('SWORKER_REFUSED');
  });
});

describe('sWorker transport', () => {
  it('says that nobody listens', async () => {
    const error = await failure(clientOf(await closedEndPoint()).workload(going));
    expect(error.code).toBe('SWORKER_UNREACHABLE');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('says that the connection was cut before an answer', async () => {
    const { endPoint } = await localServer((_, response) => response.destroy());
    expect((await failure(clientOf(endPoint).workload(going))).code).toBe('SWORKER_UNREACHABLE');
  });

  it('refuses an answer that is too long', async () => {
    const client = await answering(200, `{"x":"${'y'.repeat(2_000_000)}"}`);
    const error = await failure(client.workload(going));
    expect(error.code).toBe('SWORKER_BAD_ANSWER');
    expect(error.message).toContain('longer than');
  });

  it('gives an abort error when its signal is aborted, before and during a call', async () => {
    const { endPoint, received } = await localServer(() => undefined);
    const client = clientOf(endPoint);
    await expect(client.workload(AbortSignal.abort())).rejects.toSatisfy(isAbort);
    const controller = new AbortController();
    const running = rejection(client.workload(controller.signal));
    await until(() => received.length > 0);
    controller.abort(new Error('a reason of the caller'));
    expect(await running).toSatisfy(isAbort);
  });

  it('sends credentials of the address, and shows them nowhere', async () => {
    const { endPoint, received } = await localServer(
      (_, response) => response.writeHead(400).end('no'),
      'us%40er:s3cret@',
    );
    const error = await failure(clientOf(endPoint).workload(going));
    expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us@er:s3cret').toString('base64')}`);
    expect(`${error.message} ${JSON.stringify(error.data)} ${String(error.stack)}`).not.toMatch(
      /s3cret|us(?:%40|@)er/u,
    );
  });
});
