import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { type LocalServer, localServer } from '../../support/local-server.ts';
import { failure } from '../../support/rejection.ts';
import { cid, clientOf, going } from './client-of.ts';

type Said = readonly [status: number, body: unknown];

const emptyDirectory = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
const whole: Said = [200, { Hash: cid, Size: 5, WithLocality: true, Local: true, SizeLocal: 13 }];
const pinned: Said = [200, { Pins: [emptyDirectory, cid] }];
const refused = (message: string): Said => [500, { Message: message, Code: 0, Type: 'error' }];

/** A daemon that says these things to each command, one after the other, and the last again and again. */
async function daemon(answers: Readonly<Record<string, readonly Said[]>>): Promise<LocalServer> {
  const left = new Map(Object.entries(answers).map(([command, said]) => [command, [...said]]));
  return await localServer(({ url }, response) => {
    const command = /\/api\/v0\/(?<command>[^?]+)/u.exec(url)?.groups?.['command'] ?? '';
    const said = left.get(command) ?? [refused(`no answer to ${command}`)];
    const [status, body] = (said.length > 1 ? said.shift() : said[0]) ?? refused('nothing');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
}

const commandsOf = ({ received }: LocalServer): readonly string[] =>
  received.map(({ url }) => decodeURIComponent(url.replace('/api/v0/', '')));

describe('pinning a sealed file again', () => {
  it('updates the pin of the empty directory, which stays, when all blocks are there', async () => {
    const server = await daemon({ 'files/stat': [whole], 'pin/update': [pinned] });
    expect(await clientOf(server.endPoint).pinAgain(cid, going)).toEqual({ kind: 'pinned' });
    expect(commandsOf(server)).toEqual([
      `files/stat?arg=/ipfs/${cid}&with-local=true&offline=true`,
      `pin/update?arg=${emptyDirectory}&arg=${cid}&unpin=false`,
    ]);
  });

  it('pins the empty directory first when that is not pinned', async () => {
    const missing = refused("'from' cid was not recursively pinned already");
    const server = await daemon({
      'files/stat': [whole],
      'pin/update': [missing, pinned],
      'pin/add': [[200, { Pins: [emptyDirectory] }]],
    });
    expect(await clientOf(server.endPoint).pinAgain(cid, going)).toEqual({ kind: 'pinned' });
    expect(commandsOf(server).map((command) => command.split('?')[0])).toEqual([
      'files/stat',
      'pin/update',
      'pin/add',
      'pin/update',
    ]);
    expect(commandsOf(server)[2]).toBe(`pin/add?arg=${emptyDirectory}`);
  });

  it.each<[string, Said]>([
    ['a block', [200, { Hash: cid, Size: 5, WithLocality: true, SizeLocal: 5 }]],
    ['the root of go-ipfs 0.8', refused('merkledag: not found')],
    ['the root of Kubo', refused(`block was not found locally (offline): ipld: could not find ${cid}`)],
  ])('pins nothing when %s is missing', async (_, said) => {
    const server = await daemon({ 'files/stat': [said], 'pin/update': [pinned] });
    expect(await clientOf(server.endPoint).pinAgain(cid, going)).toEqual({ kind: 'incomplete' });
    expect(server.received).toHaveLength(1);
  });

  it('is content with a pin that stands', async () => {
    const server = await daemon({
      'files/stat': [whole],
      'pin/update': [refused("'to' cid was already recursively pinned")],
    });
    expect(await clientOf(server.endPoint).pinAgain(cid, going)).toEqual({ kind: 'pinned' });
  });

  it('gives the words of a refusal, fit for a log line', async () => {
    const server = await daemon({ 'files/stat': [refused('proto: \u001b[31mno file')] });
    expect(await clientOf(server.endPoint).pinAgain(cid, going)).toMatchObject({ kind: 'refused' });
    const update = await daemon({ 'files/stat': [whole], 'pin/update': [refused('datastore is gone')] });
    expect(await clientOf(update.endPoint).pinAgain(cid, going)).toEqual({
      kind: 'refused',
      message: 'datastore is gone',
    });
  });

  it.each<[string, Said, ErrorCode]>([
    ['an answer without the pins', [200, { Pinned: cid }], 'IPFS_BAD_ANSWER'],
    ['what stands before the daemon', [502, {}], 'IPFS_UNREACHABLE'],
  ])('throws for %s', async (_, said, code) => {
    const server = await daemon({ 'files/stat': [whole], 'pin/update': [said] });
    expect((await failure(clientOf(server.endPoint).pinAgain(cid, going))).code).toBe(code);
  });
});
