import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorDestinies } from '../../src/domain/errors.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const packageSchema = z.object({
  scripts: z.record(z.string(), z.string()),
});
const manifest = packageSchema.parse(JSON.parse(read('package.json')));

describe('the documents', () => {
  it('operating.md has a line for every error code', () => {
    const text = read('docs/operating.md');
    expect(Object.keys(errorDestinies).filter((code) => !text.includes(code))).toEqual([]);
  });

  it('operating.md has a line for every condition', () => {
    const text = read('docs/operating.md');
    const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const names = sources.flatMap((file) =>
      [
        ...read(path.join('src', file)).matchAll(
          /(?:raise\(|const \w*[cC]ondition = |gcHold = |lostOrders = |tooMany\w+ = )'([a-z-]+)'/g,
        ),
      ].map((match) => match[1] ?? ''),
    );
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('compose.yaml gives the bot no more power than least-power.test.ts runs it with', () => {
    const lines = read('compose.yaml')
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'user: "10001:10001"',
        'cap_drop: [ALL]',
        'security_opt: ["no-new-privileges:true"]',
        'read_only: true',
        'tmpfs: /tmp',
        '- ./smanager:/config:ro',
      ]),
    );
    expect(lines.filter((line) => /privileged|cap_add|devices|pid:|ipc:/u.test(line))).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const named = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/operating.md',
      'docs/testing.md',
      '.ci/run',
    ].flatMap((file) =>
      [...read(file).matchAll(/npm run (?:--silent )?([a-z0-9:-]+)/g)].map((match) => match[1] ?? ''),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });
});
