import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** Every room, what it may import, and what it may import types of. A room may always import itself. */
const steps = ['chain', 'decide', 'pull', 'seal', 'cleanup', 'telemetry', 'care'];
const ports = ['config', 'runtime', 'store', 'clients'];
const below = ['domain', 'lib'];
const rooms: Readonly<Record<string, { readonly may: readonly string[]; readonly types?: readonly string[] }>> = {
  main: { may: ['cli', 'app', 'app-parts', ...ports, ...below] },
  cli: { may: ['app', 'app-cleanup', 'app-parts', 'app-reconcile', 'decide', ...ports, ...below] },
  app: {
    may: [
      'app-parts',
      'app-care',
      'app-clock',
      'app-reconcile',
      'app-report',
      ...steps,
      ...ports,
      ...below,
      'decide/rules',
    ],
  },
  'app-cleanup': { may: [...ports, ...below] },
  'app-clock': { may: ['chain', ...ports, ...below], types: ['app-parts'] },
  'app-care': { may: ['care', ...ports, ...below] },
  'app-reconcile': { may: ['app-parts', ...steps, ...ports, ...below] },
  'app-report': { may: ['telemetry', ...ports, ...below], types: ['app-parts'] },
  'app-parts': { may: [], types: [...ports, ...below] },
  ...Object.fromEntries(steps.map((step) => [step, { may: [...ports, ...below] }])),
  decide: { may: ['decide/rules', ...ports, ...below] },
  'decide/rules': { may: below },
  config: { may: below, types: ports },
  runtime: { may: below, types: ports },
  store: { may: [...below, 'db'], types: ports },
  clients: { may: below, types: ports },
  db: { may: [] },
  domain: { may: ['lib'] },
  lib: { may: [] },
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

function files(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

function roomOf(file: string): string {
  if (file.startsWith('db/')) return 'db';
  if (file.startsWith('src/decide/rules/')) return 'decide/rules';
  const [top, second] = file.split('/');
  if (top !== 'src' || second === undefined) return top ?? file;
  return second.replace(/\.ts$/, '');
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?([^;]*?)from\s+'(\.[^']+)'/gms)];
  return found.map((match) => {
    const named = match[2]?.trim() ?? '';
    const inlineTypes =
      named.startsWith('{') &&
      named
        .slice(1, named.lastIndexOf('}'))
        .split(',')
        .every((name) => name.trim() === '' || name.trim().startsWith('type '));
    return {
      file,
      from: roomOf(file),
      to: roomOf(path.relative(root, path.resolve(root, path.dirname(file), match[3] ?? ''))),
      typesOnly: match[1] !== undefined || inlineTypes,
    };
  });
}

/** Each begins a process of its own. */
const entryPoints = ['src/main.ts', 'src/clients/chain/events/library/library-child.ts'];
const sources = [...files('src'), ...files('db')];
const imports = sources.flatMap(importsOf);

describe('architecture', () => {
  it('saw the files and their imports', () => {
    expect(sources.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(200);
    expect(new Set(sources.map(roomOf))).toEqual(new Set(Object.keys(rooms)));
  });

  it('imports only point down, and steps never import each other', () => {
    const wrong = imports.filter(({ from, to, typesOnly }) => {
      if (from === to) return false;
      const room = rooms[from];
      return !(room?.may.includes(to) === true || (typesOnly && room?.types?.includes(to) === true));
    });
    expect(wrong.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
  });

  it('SQL and knex stand in store and migrations only', () => {
    const wrong = sources.filter((file) => {
      if (['store', 'db'].includes(roomOf(file))) return false;
      const text = readFileSync(path.join(root, file), 'utf8');
      return (
        /from '(knex|sqlite3)'/.test(text) || /['"`]\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA)\s/.test(text)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('only the runtime knows timers, and only an entry point ends its process', () => {
    const timers = sources.filter(
      (file) =>
        roomOf(file) !== 'runtime' && /\b(setTimeout|setInterval)\(/.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(timers).toEqual([]);
    const exits = sources.filter(
      (file) =>
        !entryPoints.includes(file) &&
        /process\.(exit\(|exitCode|on\()/.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(exits).toEqual([]);
  });

  it('files stay small: median at most 80 lines, nine in ten below 200, none above 400', () => {
    const lines = [...sources, ...files('devnet')]
      .map((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length - 1)
      .sort((a, b) => a - b);
    expect(lines.at(Math.floor(lines.length / 2))).toBeLessThanOrEqual(80);
    expect(lines.at(Math.floor(lines.length * 0.9))).toBeLessThan(200);
    expect(lines.at(-1)).toBeLessThanOrEqual(400);
  });
});
