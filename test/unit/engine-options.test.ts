import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { engineOptions, missingEngineOptions } from '../../src/runtime/engine-options.ts';

const inRepository = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

it('bounds the heap in the first line of the bot, as the memory budgets need it', () => {
  const options = engineOptions(inRepository('src/main.ts'));
  expect(options).toEqual(['--max-semi-space-size=16', '--max-old-space-size=1024']);
});

it('has the image and the README start that line, and not node itself', () => {
  for (const name of ['Dockerfile', 'README.md']) {
    expect(readFileSync(inRepository(name), 'utf8')).not.toMatch(/node[", ]+\S*main\.js/);
  }
  expect(readFileSync(inRepository('Dockerfile'), 'utf8')).toMatch(/^CMD \["smanager", "run"\]$/m);
});

describe('a start without the options of the first line', () => {
  const missing = (execArgv: readonly string[], nodeOptions?: string): readonly string[] =>
    missingEngineOptions(inRepository('src/main.ts'), { execArgv, env: { NODE_OPTIONS: nodeOptions } });

  it('is noticed', () => {
    expect(missing([])).toEqual(['--max-semi-space-size=16', '--max-old-space-size=1024']);
    expect(missing(['--enable-source-maps', '--max-old-space-size=1024'])).toEqual(['--max-semi-space-size=16']);
  });

  it('is none when they were given in another way, or with values of somebody else', () => {
    expect(missing(engineOptions(inRepository('src/main.ts')))).toEqual([]);
    expect(missing(['--max-semi-space-size=8'], ' --max_old_space_size=2048  --no-warnings')).toEqual([]);
  });

  it('cannot be made good by the script: the heap stands by then', () => {
    const heapLimit = (early: string): number => {
      const script = `const v8 = require('v8'); ${early}; console.log(v8.getHeapStatistics().heap_size_limit)`;
      return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
    };
    expect(heapLimit("v8.setFlagsFromString('--max-old-space-size=1024')")).toBe(heapLimit(''));
  });
});
