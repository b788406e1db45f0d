import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { ChildLibrary, type LibraryChild } from '../../../src/clients/chain/events/library/child-library.ts';
import { answerOf, type ChildQuestion } from '../../../src/clients/chain/events/library/child-messages.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';
import type { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { BlockBytes } from './event-bytes.ts';
import { ask, honest, StubChain } from './stub-chain.ts';

const runtime = { specName: 'crust', specVersion: 25, metadata: metadataHex(25) };
const bytes = new BlockBytes(decodeRegistry(runtime));
const batchInBatch = bytes.extrinsic(
  bytes.call('Utility', 'batch', [bytes.call('Utility', 'batch', [bytes.order('cid', 'memo')])]),
);
const direct = new PolkadotLibrary();

/** A child as it is seen from here: what goes there and back is copied as between processes. */
class Child extends EventEmitter implements LibraryChild {
  readonly asked: ChildQuestion[] = [];
  readonly pid = 1;
  readonly stderr = new PassThrough();
  killed = false;
  answers = true;

  send(question: ChildQuestion): void {
    this.asked.push(question);
    if (dies(question)) void settle().then(() => this.emit('exit', null, 'SIGABRT'));
    if (!this.answers || dies(question)) return;
    void answerOf(direct, structuredClone(question)).then((answer) => this.emit('message', structuredClone(answer)));
  }

  kill(): void {
    this.killed = true;
    this.emit('exit', null, 'SIGKILL');
  }
}

/** Whether a child ends over what it is asked. */
let dies: (asked: ChildQuestion) => boolean;
let clock: ManualClock;
let children: Child[];
let library: ChildLibrary;
let logger: RecordingLogger;

beforeEach(() => {
  clock = new ManualClock();
  children = [];
  dies = () => false;
  logger = new RecordingLogger();
  library = new ChildLibrary(clock, logger, () => {
    const child = new Child();
    children.push(child);
    return child;
  });
});

describe('the library in a process of its own', () => {
  it('answers as the library does', async () => {
    expect(children).toHaveLength(0);
    expect(await library.forms(runtime)).toEqual(await direct.forms(runtime));
    expect(await library.calls(runtime, batchInBatch)).toEqual(await direct.calls(runtime, batchInBatch));
    expect(await library.calls(runtime, batchInBatch)).toHaveLength(1);
    const events = Buffer.from(bytes.events(bytes.event('Market', 'FileClosed', ['0x6364'], 1)).slice(2), 'hex');
    expect(await library.events(runtime, events)).toEqual(await direct.events(runtime, events));
    expect(children).toHaveLength(1);
  });

  it('says what cannot be decoded as the library does', async () => {
    const error: unknown = await library.events(runtime, Uint8Array.of(4, 9)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Undecodable);
    expect(error).toMatchObject({ field: 'System.Events', came: '0x0409' });
    await expect(library.calls(runtime, '0x1004ffff01')).rejects.toThrow(Undecodable);
    await expect(library.forms({ ...runtime, specVersion: 99, metadata: '0x6d6574612a' })).rejects.toThrow(Undecodable);
  });

  it('is gone a second after the forms of a runtime were told', async () => {
    await library.forms(runtime);
    await clock.advance(900);
    expect(children[0]?.killed).toBe(false);
    await clock.advance(200);
    expect(children[0]?.killed).toBe(true);
    await library.forms(runtime);
    expect(children).toHaveLength(2);
  });

  it('stays for a minute after it was asked about a block', async () => {
    await library.calls(runtime, batchInBatch);
    await clock.advance(50_000);
    await library.calls(runtime, batchInBatch);
    await clock.advance(50_000);
    expect(children.map(({ killed }) => killed)).toEqual([false]);
    await clock.advance(20_000);
    expect(children.map(({ killed }) => killed)).toEqual([true]);
  });

  it('fails what it was asked when it ends by itself, and begins anew with the next question', async () => {
    const asked = library.forms(runtime);
    const [child] = children;
    if (child !== undefined) child.answers = false;
    const lost = library.calls(runtime, batchInBatch);
    await asked;
    child?.emit('exit', 1, null);
    await expect(lost).rejects.toThrow('ended by itself, by 1');
    await expect(lost).rejects.toMatchObject({
      code: 'DECODER_LOST',
      destiny: 'outage',
      data: { field: 'extrinsic' },
    });
    expect(await library.calls(runtime, batchInBatch)).toHaveLength(1);
    expect(children).toHaveLength(2);
  });

  it('is given up when it does not answer for a minute', async () => {
    await library.forms(runtime);
    const [child] = children;
    if (child !== undefined) child.answers = false;
    const asked = library.calls(runtime, batchInBatch).catch((error: unknown) => error);
    await clock.advance(59_000);
    expect(child?.killed).toBe(false);
    await clock.advance(2000);
    expect(child?.killed).toBe(true);
    expect(await asked).toMatchObject({ code: 'DECODER_LOST', data: { problem: 'no answer for 60 s' } });
    expect(await library.calls(runtime, batchInBatch)).toHaveLength(1);
  });

  it('is an outage when the machine has no room for it', async () => {
    const full = new ChildLibrary(clock, logger, () => {
      throw new Error('spawn ENOMEM');
    });
    await expect(full.forms(runtime)).rejects.toMatchObject({ code: 'DECODER_LOST', destiny: 'outage' });
  });

  describe('and an answer of a node over which it ends', () => {
    const metadata = `${metadataHex(25)}00`;
    const unreadable = '0x04ff';
    const orderOf = (call: Uint8Array): readonly [string, string] => ['0x00', bytes.extrinsic(call)];
    const batch = bytes.call('Utility', 'batch', [bytes.call('Utility', 'batch', [bytes.order('cid', 'memo')])]);

    /** A node with an order in its first block. */
    function node(name: string): StubChain {
      const payer = accountOf('a1'.repeat(32)).address;
      const events = bytes.events(bytes.event('Market', 'FileSuccess', [payer, '0x636964'], 1));
      const chain = new StubChain(name);
      chain.add(25, { [storagePrefixes.systemEvents]: events }, [...orderOf(bytes.order('cid', 'memo'))]);
      return chain;
    }

    const nodes = (): readonly [StubChain, StubChain] => [node('ws://a'), node('ws://b')];

    async function memoOf({ events }: ChainClient, chain: StubChain): Promise<string> {
      const { value } = await events.blockEvents(chain.at(0), [chain.at(1)], ask());
      const { value: hints } = await events.readHints(value, ask());
      return Buffer.from(hints[0]?.memos[0] ?? []).toString();
    }

    const answers: readonly (readonly [string, (chain: StubChain) => void, ChildQuestion['question']['method']])[] = [
      [
        'metadata',
        (chain) => {
          chain.fault = (method) => (method === 'state_getMetadata' ? metadata : honest);
        },
        'forms',
      ],
      ['System.Events', (chain) => chain.blocks[1]?.state.set(storagePrefixes.systemEvents, unreadable), 'events'],
    ];

    it.each(answers)(
      '(%s) is an error that names end point and field; the next one is asked',
      async (field, spoil, method) => {
        const [a, b] = nodes();
        spoil(a);
        dies = ({ question }) =>
          question.method === method && (question.method !== 'forms' || question.args[0].metadata === metadata);
        const alone = a.client({ library }).client;
        await expect(memoOf(alone, a)).rejects.toMatchObject({
          code: 'DECODER_LOST',
          message: expect.stringContaining(`${field} of block ${method === 'forms' ? 0 : 1}, as ws://a told it`),
          data: { endPoint: 'ws://a', field },
        });
        const { client } = a.client({ others: [b], library });
        expect(await memoOf(client, a)).toBe('memo');
        expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
      },
    );

    it('(extrinsic) is asked of the next one; where all tell the same it ends once more, and its memo is unknown', async () => {
      const [a, b] = nodes();
      a.blocks[1]?.extrinsics.splice(0, 2, ...orderOf(batch));
      const deadly = new Set<number>();
      dies = ({ id, question }) => question.method === 'calls' && deadly.add(id).has(id);
      const other = a.client({ others: [b], library, logger }).client;
      expect(await memoOf(other, a)).toBe('memo');
      const opaque = () => logger.lines.filter(({ message }) => message === 'An extrinsic cannot be decoded');
      expect(opaque()).toEqual([]);

      deadly.clear();
      const alone = a.client({ library, logger }).client;
      expect(await memoOf(alone, a)).toBe('');
      expect(deadly.size).toBe(2);
      expect(opaque()).toEqual([
        {
          level: 'warn',
          message: 'An extrinsic cannot be decoded',
          context: { block: 1, extrinsicIndex: 1, detail: expect.stringContaining('ended by itself') },
        },
      ]);
    });

    it('is none of a node where it could not be started at all', async () => {
      const [a, b] = nodes();
      const full = new ChildLibrary(clock, logger, () => {
        throw new Error('spawn ENOMEM');
      });
      const { client } = a.client({ others: [b], library: full });
      const error: unknown = await memoOf(client, a).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'DECODER_LOST' });
      expect(error).not.toMatchObject({ data: { endPoint: expect.anything() } });
      expect(b.asked).toEqual([]);
      expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
    });

    it('is forgotten with the runtime that the node told of: the next block is read by what another one tells', async () => {
      const [a, b] = nodes();
      for (const chain of [a, b]) chain.blocks[1]?.extrinsics.splice(0, 2, ...orderOf(batch));
      a.fault = (method) => (method === 'state_getMetadata' ? metadata : honest);
      dies = ({ question }) => question.method === 'calls' && question.args[0].metadata === metadata;
      const { client } = a.client({ others: [b], library });
      const told = (await client.events.blockEvents(a.at(0), [a.at(1)], ask())).value;
      const { value, endPoint } = await client.events.readHints(told, ask());
      expect(endPoint).toBe('ws://b');
      expect(Buffer.from(value[0]?.memos[0] ?? []).toString()).toBe('memo');
    });
  });

  it('ends with its client and begins no more', async () => {
    await library.forms(runtime);
    await library.close();
    expect(children[0]?.killed).toBe(true);
    await expect(library.forms(runtime)).rejects.toThrow('closed');
    expect(children).toHaveLength(1);
  });

  describe('and what it writes to its error output', () => {
    async function written(...chunks: readonly (string | Buffer)[]): Promise<readonly object[]> {
      await library.forms(runtime);
      const [child] = children;
      if (child === undefined) throw new Error('no process was started');
      for (const chunk of chunks) child.stderr.write(chunk);
      child.stderr.end();
      await once(child.stderr, 'end');
      child.emit('exit', 1, null);
      child.emit('close');
      return logger.lines;
    }

    it('is one line of the log that no terminal obeys', async () => {
      const lines = await written('Error: \u001b[2J\u009b', Buffer.from([0xff]), '\n    at decode\n');
      expect(lines).toEqual([
        {
          level: 'warn',
          message: 'The decoding process wrote to its error output',
          context: { text: 'Error: \\x1b[2J\\x9b\ufffd\\x0a    at decode', writtenBytes: 29 },
        },
      ]);
    });

    it('is bounded, whatever it has to say', async () => {
      const [line] = await written(...Array.from({ length: 64 }, () => 'y'.repeat(65_536)));
      expect(line).toMatchObject({ context: { writtenBytes: 64 * 65_536 } });
      expect(JSON.stringify(line).length).toBeLessThan(4300);
    });

    it('is nothing as a rule', async () => {
      expect(await written()).toEqual([]);
    });
  });
});
