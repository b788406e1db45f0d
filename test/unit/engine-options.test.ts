import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { engineOptions } from '../../devnet/world/engine-options.ts';

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
