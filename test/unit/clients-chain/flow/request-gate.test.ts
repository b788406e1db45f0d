import { describe, expect, it } from 'vitest';
import type { Priority } from '../../../../src/clients/chain/ask.ts';
import { RequestGate } from '../../../../src/clients/chain/flow/request-gate.ts';
import type { Passage } from '../../../../src/clients/chain/flow/request-gate.ts';
import { ManualClock, settle } from '../../../support/manual-clock.ts';
import { deferred } from '../deferred.ts';

const PAGE_BYTES = 4_000_000;

interface Sent {
  readonly name: string;
  readonly answer: () => void;
}

/** A gate whose questions are answered by the test. */
class World {
  readonly clock = new ManualClock();
  readonly gate: RequestGate;
  readonly inFlight: Sent[] = [];
  readonly all: Promise<void>[] = [];

  constructor(limit: number) {
    this.gate = new RequestGate(limit, this.clock);
  }

  ask(name: string, priority: Priority, values = 0): Promise<void> {
    return this.pass(name, { priority, values });
  }

  pass(name: string, passage: Passage, signal = new AbortController().signal): Promise<void> {
    const done = this.gate.run(passage, signal, async (answered) => {
      const { promise, resolve } = deferred<undefined>();
      const sent = {
        name,
        answer: () => {
          this.inFlight.splice(this.inFlight.indexOf(sent), 1);
          answered('values', PAGE_BYTES);
          resolve(undefined);
        },
      };
      this.inFlight.push(sent);
      await promise;
    });
    this.all.push(done);
    return done;
  }

  async names(): Promise<string[]> {
    await settle();
    return this.inFlight.map(({ name }) => name);
  }

  async answer(name: string): Promise<void> {
    await settle();
    this.inFlight.find((sent) => sent.name === name)?.answer();
    await settle();
  }

  /** Quick answers until nothing more is allowed. */
  async warm(afterMs = 0): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      void this.ask('warm', 'bulk');
      await settle();
      await this.clock.advance(afterMs);
      await this.answer('warm');
    }
  }

  async end(): Promise<void> {
    for (await settle(); this.inFlight.length > 0; await settle()) this.inFlight[0]?.answer();
    await Promise.all(this.all);
  }
}

describe('the line in front of a node', () => {
  it('never has more in flight than allowed, and bulk questions leave a place for an urgent one', async () => {
    const world = new World(4);
    await world.warm();
    for (let index = 0; index < 6; index += 1) void world.ask(`bulk ${index}`, 'bulk');
    expect(await world.names()).toEqual(['bulk 0', 'bulk 1', 'bulk 2']);
    void world.ask('urgent 0', 'urgent');
    void world.ask('urgent 1', 'urgent');
    expect(await world.names()).toEqual(['bulk 0', 'bulk 1', 'bulk 2', 'urgent 0']);
    await world.answer('bulk 1');
    expect(await world.names()).toEqual(['bulk 0', 'bulk 2', 'urgent 0', 'urgent 1']);
    await world.answer('urgent 0');
    expect(await world.names()).toEqual(['bulk 0', 'bulk 2', 'urgent 1', 'bulk 3']);
    await world.end();
  });

  it('begins with one bulk question and gives more when the answers are quick', async () => {
    const world = new World(4);
    for (let index = 0; index < 9; index += 1) void world.ask(`${index}`, 'bulk');
    expect(await world.names()).toEqual(['0']);
    for (const [answered, inFlight] of [
      ['0', 1],
      ['1', 2],
      ['2', 2],
      ['3', 3],
    ] as const) {
      await world.answer(answered);
      expect(await world.names()).toHaveLength(inFlight);
    }
    await world.end();
  });

  it('has a single question in flight when only one is allowed, urgent ones first', async () => {
    const world = new World(1);
    for (const [name, priority] of [
      ['bulk 0', 'bulk'],
      ['bulk 1', 'bulk'],
      ['urgent', 'urgent'],
    ] as const)
      void world.ask(name, priority);
    expect(await world.names()).toEqual(['bulk 0']);
    await world.answer('bulk 0');
    expect(await world.names()).toEqual(['urgent']);
    await world.end();
  });

  it('has at most one page of values in flight for bulk questions, and lets keys pass meanwhile', async () => {
    const world = new World(8);
    await world.warm(10);
    expect(world.gate.valuesAtOnce).toBe(500);
    for (let index = 0; index < 4; index += 1) void world.ask(`values ${index}`, 'bulk', 400);
    void world.ask('keys', 'bulk', 0);
    expect(await world.names()).toEqual(['values 0', 'values 1', 'keys']);
    await world.clock.advance(10);
    await world.answer('values 0');
    expect(await world.names()).toEqual(['values 1', 'keys', 'values 2']);
    void world.ask('urgent', 'urgent', 5000);
    expect(await world.names()).toContain('urgent');
    await world.end();
  });

  it('has half a page in flight at a node nearby', async () => {
    const world = new World(8);
    await world.warm(4);
    expect(world.gate.valuesAtOnce).toBe(250);
    for (let index = 0; index < 4; index += 1) void world.ask(`values ${index}`, 'bulk', 240);
    expect(await world.names()).toEqual(['values 0', 'values 1']);
    await world.end();
  });

  it('has half a page more on the way to a distant node, once an answer has come that tells of its pace', async () => {
    const world = new World(8);
    expect(world.gate.isFar).toBe(false);
    const answerAfter = async (name: string, ms: number): Promise<void> => {
      await settle();
      await world.clock.advance(ms);
      await world.answer(name);
    };
    for (let turn = 0; turn < 20; turn += 1) {
      void world.ask('warm', 'bulk');
      await answerAfter('warm', 100);
    }
    expect(world.gate.isFar).toBe(true);
    for (let index = 0; index < 9; index += 1) void world.ask(`values ${index}`, 'bulk', 500);
    expect(await world.names()).toEqual(['values 0', 'values 1']);
    await answerAfter('values 0', 140);
    expect(await world.names()).toEqual(['values 1', 'values 2', 'values 3']);
    // Two that have just been sent are all that an urgent question may find before it.
    await world.answer('values 1');
    expect(await world.names()).toEqual(['values 2', 'values 3']);
    await answerAfter('values 2', 250);
    expect(await world.names()).toEqual(['values 3', 'values 4']);
    await world.end();
    expect(world.gate.isFar).toBe(false);
  });

  it('asks for more values than a page when one question does', async () => {
    const world = new World(2);
    void world.ask('heavy', 'bulk', 3000);
    expect(await world.names()).toEqual(['heavy']);
    await world.end();
  });

  it('has fewer bulk questions in flight when the node slows down, while urgent ones keep their places', async () => {
    const world = new World(4);
    await world.warm();
    for (let turn = 0; turn < 12; turn += 1) {
      void world.ask('slow', 'bulk');
      await settle();
      await world.clock.advance(2000);
      await world.answer('slow');
    }
    for (let index = 0; index < 3; index += 1) void world.ask(`bulk ${index}`, 'bulk');
    for (let index = 0; index < 3; index += 1) void world.ask(`urgent ${index}`, 'urgent');
    expect(await world.names()).toEqual(['bulk 0', 'urgent 0', 'urgent 1', 'urgent 2']);
    await world.end();
  });

  it('takes a question that was never answered for a slow one', async () => {
    const world = new World(3);
    await world.warm();
    for (let turn = 0; turn < 3; turn += 1) {
      const failed = world.gate.run({ priority: 'bulk', values: 0 }, new AbortController().signal, async () => {
        await world.clock.advance(60_000);
        throw new Error('timeout');
      });
      await expect(failed).rejects.toThrow('timeout');
    }
    void world.ask('a', 'bulk');
    void world.ask('b', 'bulk');
    expect(await world.names()).toEqual(['a']);
    await world.end();
  });

  it('lets a question that has to be alone wait for all others, and all others for it', async () => {
    const world = new World(4);
    await world.warm();
    void world.ask('bulk', 'bulk');
    void world.ask('urgent', 'urgent');
    void world.pass('alone 0', { priority: 'bulk', values: 0, isAlone: true });
    void world.pass('alone 1', { priority: 'urgent', values: 0, isAlone: true });
    void world.ask('next', 'urgent');
    await world.answer('bulk');
    expect(await world.names()).toEqual(['urgent']);
    for (const [answered, inFlight] of [
      ['urgent', 'alone 0'],
      ['alone 0', 'alone 1'],
      ['alone 1', 'next'],
    ] as const) {
      await world.answer(answered);
      expect(await world.names()).toEqual([inFlight]);
    }
    const control = new AbortController();
    const gone = world.pass('gone', { priority: 'bulk', values: 0, isAlone: true }, control.signal);
    void world.all.pop();
    void world.ask('last', 'bulk');
    expect(await world.names()).toEqual(['next']);
    control.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(await world.names()).toEqual(['next', 'last']);
    await world.end();
  });

  it('forgets who left the line, and passes failures on without losing a place', async () => {
    const world = new World(1);
    void world.ask('first', 'urgent');
    const control = new AbortController();
    const gone = world.gate.run({ priority: 'urgent', values: 0 }, control.signal, async () => undefined);
    void world.ask('last', 'urgent');
    control.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await world.answer('first');
    expect(await world.names()).toEqual(['last']);
    await world.answer('last');
    await expect(
      world.gate.run({ priority: 'bulk', values: 0 }, new AbortController().signal, async () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    void world.ask('after', 'bulk');
    expect(await world.names()).toEqual(['after']);
    await world.end();
  });
});
