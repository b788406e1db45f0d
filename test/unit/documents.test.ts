import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorDestinies } from '../../src/domain/errors.ts';
import { conditionNames, conditionPrefixes } from '../../src/runtime/conditions.ts';

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

  it('operating.md has a line for every condition, and for none that cannot be', () => {
    const [, table = ''] = read('docs/operating.md').split('| condition ');
    const [rows = ''] = table.split('\n\n');
    const firstCells = rows.split('\n').map((row) => row.split('|')[1] ?? '');
    const documented = firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/gu)].map((match) => match[1] ?? ''));
    const one = (name: string): string => conditionPrefixes.find((prefix) => name.startsWith(prefix)) ?? name;
    expect(new Set(documented.map(one))).toEqual(new Set([...conditionNames, ...conditionPrefixes]));
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
