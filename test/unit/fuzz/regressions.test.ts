import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { badAnswer, shortened } from '../../../src/clients/chain/connection/answers.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { rawResultOf } from '../../../src/clients/chain/messages/raw-message.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { printableUrl } from '../../../src/config/end-point.ts';
import { nearest } from '../../../src/config/reading/nearest.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { MIB } from '../../../src/domain/units.ts';
import { printable, printableJson } from '../../../src/lib/printable.ts';
import { processLine } from '../../../src/runtime/last-words.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering } from '../../fuzz/harness/answering.ts';
import { httpCalls } from '../../fuzz/harness/http-calls.ts';
import { heldBytes } from '../../fuzz/harness/memory.ts';
import { JudgedLog } from '../../fuzz/harness/terminal.ts';
import { blownText, judgeList, lists } from '../../fuzz/targets/lists.ts';
import { judgeFact } from '../../fuzz/targets/node-facts.ts';
import { blown, judgeMetadata, metadata } from '../../fuzz/targets/metadata.ts';
import { failure } from '../../support/rejection.ts';
import { tempDir } from '../../support/temp-dir.ts';

/* Inputs that the fuzzer found, and what became of them before. */

const hostile = '\u001b[2J\u009b31m\u202e\u061c\u2066\u2028';
const deep = '['.repeat(200_000) + ']'.repeat(200_000);
const answered = async (call: string, body: string, status = 200): Promise<SmError> =>
  await failure(
    httpCalls[call]?.({
      transport: new Answering({ status, body: [Buffer.from(body)] }),
      clock: new SystemClock(),
      signal: new AbortController().signal,
    }) ?? Promise.resolve(),
  );

describe('what a terminal would obey', () => {
  it('stands in no error, whoever said it', () => {
    const { message, data } = new SmError('CHAIN_RPC_ERROR', hostile, { detail: hostile });
    expect(`${message}${String(data['detail'])}`).toMatch(/^[\x20-\x7e]+$/u);
  });

  it('stands in no line of JSON, which says the same all the same', () => {
    const text = printableJson({ hostile });
    expect(text).toMatch(/^[\x20-\x7e]+$/u);
    expect(JSON.parse(text)).toEqual({ hostile });
    expect(processLine('error', 'x', new Error(hostile), [])).toMatch(/^[\x20-\x7e]+\n$/u);
  });

  it('stands in no log line, also not by way of a cause', () => {
    const log = new JudgedLog();
    log.logger.warn(hostile, { key: hostile }, new SmError('DEFECT', hostile, {}, new Error(hostile)));
    expect(() => log.judge()).not.toThrow();
  });
});

describe('an answer that is nested too deeply to be written again', () => {
  it('is a bad answer of sWorker, of the daemon and of the chain node', async () => {
    const { code, data } = await answered('sworker.workload', `{"files":${deep}}`);
    expect([code, data['field']]).toEqual(['SWORKER_BAD_ANSWER', 'files']);
    expect((await answered('ipfs.version', `{"Version":${'['.repeat(9000)}${']'.repeat(9000)}}`)).code).toBe(
      'IPFS_BAD_ANSWER',
    );
    expect(badAnswer('ws://node', 'x', 'result', JSON.parse(deep)).data['came']).toBe(
      'a value that is nested too deeply',
    );
    expect(() => rawResultOf(JSON.parse(deep), 'ws://node', 'x')).toThrow(SmError);
  });
});

describe('a number that cannot be', () => {
  const srd = {
    srd_complete: 1,
    srd_remaining_task: 0,
    disk_available_for_srd: 1,
    disk_volume: 1,
    sys_disk_available: 1,
  };
  const num = { num: 1, size: 1 };

  it.each(['1'.repeat(400), '99999999999999999999'])('is refused as free space: %s', async (digits) => {
    const body = { files: { lost: num, pending: num, valid: num }, srd: { ...srd, disk_available: digits } };
    const { code, data } = await answered('sworker.workload', JSON.stringify(body));
    expect([code, data['field']]).toEqual(['SWORKER_BAD_ANSWER', 'srd.disk_available']);
  });
});

describe('every bad answer', () => {
  it.each([
    ['ipfs.pinAdd', '{"Pins":null}\n'],
    ['sworker.fileInfo', '{}'],
    ['coordinator.ping', 'x'.repeat(70_000)],
  ])('names a field: %s', async (call, body) => {
    expect((await answered(call, body)).data['field']).toBe('(whole answer)');
  });
});

describe('a daemon that never ends its answer about one pin', () => {
  it.each(['ipfs.isPinned', 'ipfs.pinRemove'])('is given up: %s', async (call) => {
    const { code, message } = await answered(call, ' '.repeat(100_000));
    expect([code, message]).toEqual(['IPFS_BAD_ANSWER', expect.stringContaining('longer than 65536 bytes')]);
    // Of a refusal that was cut off nobody knows the words.
    expect((await answered(call, ' '.repeat(100_000), 500)).code).toBe('IPFS_UNREACHABLE');
  });
});

describe('metadata', () => {
  it('of one node is not decoded as that of another was', async () => {
    const library = new PolkadotLibrary();
    const encoded = { specName: 'crust', specVersion: 25, metadata: metadataHex(25) };
    const renamed = Buffer.from('FileSuccess').toString('hex');
    const other = encoded.metadata.replace(renamed, Buffer.from('FileXuccess').toString('hex'));
    const names = async (metadata: string): Promise<readonly unknown[]> => {
      const { events } = (await library.forms({ ...encoded, metadata })) ?? {};
      return [...events.events.values()].map(({ method }) => method);
    };
    expect(await names(other)).toContain('FileXuccess');
    expect(await names(encoded.metadata)).toContain('FileSuccess');
  });

  // Under 512 MiB of heap they took 270 to 630 MiB, again with each retry.
  it.each([
    ['zeros as pallets', 12, [0]],
    ['zeros as types', 14, [0]],
    ['small types', 14, [0, 0, 0, 0, 4, 0, 0, 0, 0, 0]],
  ])(
    'that is blown up takes no more than 50 MiB beyond what a real one needs: %s',
    async (_, metadataVersion, part) => {
      const bytes = blown({ metadataVersion, part: Uint8Array.from(part) });
      await expect(judgeMetadata(bytes)).resolves.toBeUndefined();
    },
    60_000,
  );

  afterAll(async () => await metadata.close());
});

describe('a group', () => {
  it('of as many members as fill an answer is refused before they are read', async () => {
    const value = `0x82841e00${'5e'.repeat(32 * 500_000)}00`;
    await expect(judgeFact({ reading: 'group', value, number: '0x07000000' })).resolves.toBeUndefined();
  });
});

describe('the beginning of what came', () => {
  it.each([
    ['an answer', shortened],
    ['a text', (text: string) => printable(text, 60)],
  ])('holds nothing of the rest: %s', (_, begin) => {
    const beforeBytes = heldBytes();
    const held = Array.from({ length: 4 }, (__, index) => begin(String(index).repeat(16 * MIB)));
    expect(heldBytes() - beforeBytes).toBeLessThan(16 * MIB);
    expect(held).toHaveLength(4);
  });
});

describe('a file of orders', () => {
  // All but the last took many seconds.
  it.each([
    ['one CID', { head: 'Qm', unit: '1', tail: '' }],
    ['one CID in base58', { head: 'cid:z', unit: '2', tail: '' }],
    ['spaces before a line that another program ends', { head: 'memo:', unit: ' ', tail: 'x\u2028y' }],
    ['comments that another program ends', { head: 'x', unit: ' #', tail: '\u2028x' }],
    ['wrong lines', { head: '', unit: 'x\n', tail: '' }],
  ])('is read or refused at once, were it all %s', async (_, parts) => {
    const startedMs = performance.now();
    await judgeList(blownText({ ...parts, times: 150_000 }));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  afterAll(async () => await lists.close());
});

describe('a configuration', () => {
  const soonMs = 1000;
  const timed = (work: () => unknown): number => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  };

  it('is refused at once, however long its texts and keys are', () => {
    expect(timed(() => printableUrl('/'.repeat(100_000)))).toBeLessThan(soonMs);
    expect(timed(() => nearest('x'.repeat(1_000_000), ['chain.endPoint', 'SMANAGER_CHAIN_END_POINT']))).toBeLessThan(
      soonMs,
    );
  });

  it('is refused when it is larger than one can be, and a variable that names a device', async () => {
    const folder = await tempDir();
    const file = path.join(folder, 'smanager-config.json');
    await writeFile(file, `{"x":"${'a'.repeat(10_000_000)}`);
    expect((await failure(loadConfig({ env: {}, workingDirectory: folder }))).code).toBe('CONFIG_UNREADABLE');
    await writeFile(file, '{}');
    const env = { SMANAGER_DATA_DIR_FILE: '/dev/zero' };
    const { code, message } = await failure(loadConfig({ env, workingDirectory: folder }));
    expect([code, message]).toEqual([
      'CONFIG_INVALID',
      expect.stringContaining('SMANAGER_DATA_DIR_FILE: the file it names is larger than 1 MiB'),
    ]);
  });
});
