import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eraseLine, FootLine } from '../../../src/runtime/foot-line.ts';
import { createLogger } from '../../../src/runtime/winston-logger.ts';

/** What a person sees of what was written: the lines that scrolled up, and the one at the foot. */
function seen(text: string): { readonly above: readonly string[]; readonly foot: string } {
  const above: string[] = [];
  let line = '';
  for (const [at, row] of text.split('\n').entries()) {
    if (at > 0) {
      above.push(line);
      line = '';
    }
    // What an erasure follows is not seen any more.
    const parts = row.split(eraseLine);
    line = parts.length === 1 ? line + row : (parts.at(-1) ?? '');
  }
  return { above, foot: line };
}

class Screen extends PassThrough {
  readonly columns: number | undefined;

  constructor(columns?: number) {
    super();
    this.columns = columns;
  }

  get seen(): ReturnType<typeof seen> {
    return seen(this.text);
  }

  get text(): string {
    this.#text += String(this.read() ?? '');
    return this.#text;
  }

  #text = '';
}

describe('a line held at the foot of a terminal', () => {
  it('is rewritten in its place, and gone when there is nothing to show', () => {
    const screen = new Screen(80);
    const foot = new FootLine(screen);
    foot.show('walk 1 %');
    foot.show('walk 2 %');
    expect(screen.seen).toEqual({ above: [], foot: 'walk 2 %' });
    foot.show('');
    expect(screen.seen).toEqual({ above: [], foot: '' });
  });

  it('never tears a line of the log, nor is torn by one, whatever comes in which order', () => {
    const text = fc.stringMatching(/^[ -~]{1,60}$/u);
    const step = fc.oneof(fc.record({ log: text }), fc.record({ show: fc.oneof(text, fc.constant('')) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const screen = new Screen(80);
        const foot = new FootLine(screen);
        const logged: string[] = [];
        let shown = '';
        for (const now of steps) {
          if ('log' in now) {
            logged.push(now.log);
            foot.write(`${now.log}\n`);
          } else {
            shown = now.show;
            foot.show(shown);
          }
          expect(screen.seen).toEqual({ above: logged, foot: shown });
        }
      }),
    );
  });

  it('is cut at the width of the terminal', () => {
    const screen = new Screen(20);
    new FootLine(screen).show('x'.repeat(50));
    expect(screen.seen.foot).toHaveLength(19);
  });

  it('writes nothing twice, and nothing but the text while it is not used', () => {
    const screen = new Screen(80);
    const foot = new FootLine(screen);
    foot.write('one\n');
    expect(screen.text).toBe('one\n');
    foot.show('bar');
    const before = screen.text;
    foot.show('bar');
    expect(screen.text).toBe(before);
  });

  it('carries the log', () => {
    const screen = new Screen(80);
    const foot = new FootLine(screen);
    const settings = { format: 'human', colours: false, level: 'info', moduleLevels: new Map(), secrets: [] } as const;
    foot.show('bar');
    createLogger(settings, foot).info('Sealed', { cid: 'Qm' });
    expect(screen.seen.above).toEqual([expect.stringMatching(/Sealed cid=Qm$/u)]);
    expect(screen.seen.foot).toBe('bar');
  });
});
