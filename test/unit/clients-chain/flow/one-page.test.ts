import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../devnet/chain/seeded-random.ts';
import { RequestGate } from '../../../../src/clients/chain/flow/request-gate.ts';
import { settle } from '../../../support/manual-clock.ts';

const page = 1000;
const minutesMs = 120_000;

/** A node that answers one question after the other at so many values a millisecond, at the end of a wire. */
class FifoNode {
  nowMs = 0;
  /** How long each urgent question waited for those before it, in values. */
  readonly ahead: number[] = [];
  mostInFlight = 0;
  readonly gate: RequestGate;
  readonly #roundTripMs: number;
  readonly #valuesPerMs: number;
  readonly #events: { readonly atMs: number; readonly fire: () => void }[] = [];
  #freeAtMs = 0;
  #inFlight = 0;

  constructor(roundTripMs: number, valuesPerMs: number) {
    this.#roundTripMs = roundTripMs;
    this.#valuesPerMs = valuesPerMs;
    this.gate = new RequestGate(4, { monotonicMs: () => this.nowMs });
  }

  at(atMs: number, fire: () => void): void {
    this.#events.push({ atMs, fire });
    this.#events.sort((a, b) => a.atMs - b.atMs);
  }

  async runUntil(endMs: number): Promise<void> {
    for (let next = this.#events.shift(); next !== undefined && next.atMs <= endMs; next = this.#events.shift()) {
      this.nowMs = next.atMs;
      next.fire();
      await settle();
    }
  }

  async ask(priority: 'urgent' | 'bulk', values: number): Promise<void> {
    await this.gate.run({ priority, values }, new AbortController().signal, async (answered) => {
      const atMs = this.nowMs + this.#roundTripMs / 2;
      const startMs = Math.max(atMs, this.#freeAtMs);
      if (priority === 'urgent') this.ahead.push((startMs - atMs) * this.#valuesPerMs);
      const endMs = startMs + values / this.#valuesPerMs;
      this.#freeAtMs = endMs;
      this.#inFlight += values;
      this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
      await new Promise<void>((resolve) => this.at(endMs + this.#roundTripMs / 2, resolve));
      this.#inFlight -= values;
      answered('values', values);
    });
  }
}

/** Two minutes of a walk that stops now and then, as it does while its pages are written, and of reads before pulls. */
async function someMinutes(roundTripMs: number, valuesPerMs: number, seed: number): Promise<FifoNode> {
  const random = new SeededRandom(seed);
  const node = new FifoNode(roundTripMs, valuesPerMs);
  let asked = 0;
  const part = async (values: number): Promise<void> => {
    await node.ask('bulk', values);
    asked -= 1;
    if (random.fraction() < 0.2) node.at(node.nowMs + random.between(0, 300), walk);
    else walk();
  };
  const walk = (): void => {
    for (; asked < 8; asked += 1) {
      const usual = Math.round(node.gate.valuesAtOnce * 0.94);
      void part(random.fraction() < 0.2 ? random.between(1, usual) : usual);
    }
  };
  const read = async (): Promise<void> => {
    await node.ask('urgent', 1);
    node.at(node.nowMs + random.between(0, 40), () => void read());
  };
  void read();
  node.at(roundTripMs * 3, walk);
  await node.runUntil(minutesMs);
  return node;
}

describe('a read before a pull during a walk', () => {
  const lines = [0, 20, 50, 70, 100, 150, 200].flatMap((roundTripMs) =>
    [2, 5, 8, 10, 12, 15, 20, 25, 30, 40, 100].map((valuesPerMs, seed) => [roundTripMs, valuesPerMs, seed] as const),
  );

  it.each(lines)('%i ms away, at %i values a millisecond, waits for at most one page', async (...line) => {
    const { ahead } = await someMinutes(...line);
    expect(ahead.length).toBeGreaterThan(100);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(page);
  });

  it('leaves the walk more than a page on a long line', async () => {
    expect((await someMinutes(100, 30, 1)).mostInFlight).toBeGreaterThan(2500);
    expect((await someMinutes(20, 30, 1)).mostInFlight).toBeLessThanOrEqual(page + 1);
  });
});
