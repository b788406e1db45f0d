import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const read = (file: string): string => readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({
    dependencies: versions,
    devDependencies: versions,
    allowScripts: z.record(z.string(), z.literal(true)),
  })
  .parse(JSON.parse(read('package.json')));
const locked = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        integrity: z.string().optional(),
        resolved: z.string().optional(),
        hasInstallScript: z.boolean().optional(),
        optional: z.boolean().optional(),
        dependencies: versions.optional(),
        devDependencies: versions.optional(),
      }),
    ),
  })
  .parse(JSON.parse(read('package-lock.json'))).packages;
const installed = Object.entries(locked).filter(([folder]) => folder !== '');

/** The names in the first column of the tables of a section of decisions.md, table by table. */
function tables(section: string): string[][] {
  const text =
    read('docs/decisions.md')
      .split(/^## /mu)
      .find((part) => part.startsWith(`${section}\n`)) ?? '';
  const blocks = text.split(/\n\n/u).filter((block) => block.startsWith('|'));
  return blocks.map((block) =>
    block
      .split('\n')
      .slice(2)
      .flatMap((row) => (row.split('|')[1] ?? '').split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .toSorted(),
  );
}

describe('dependencies', () => {
  it('stand in decisions.md with their job, each by its name and no other', () => {
    const [shipped, development] = tables('Libraries');
    expect(shipped).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(development).toEqual(Object.keys(manifest.devDependencies).toSorted());
  });

  it('have exact versions, the same in both files', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.values(all).filter((version) => !/^\d+\.\d+\.\d+$/u.test(version))).toEqual([]);
    expect(locked['']).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });

  it('are locked by checksum, all the way down, and come from the registry', () => {
    expect(installed.length).toBeGreaterThan(300);
    expect(installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
    const elsewhere = installed.filter(
      ([, { resolved }]) => resolved?.startsWith('https://registry.npmjs.org/') === false,
    );
    expect(elsewhere).toEqual([]);
  });

  it('run no script when they are installed but for those that are named', () => {
    const running = installed
      .filter(([, { hasInstallScript, optional }]) => hasInstallScript === true && optional !== true)
      .map(([folder]) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect([...new Set(running)].toSorted()).toEqual(Object.keys(manifest.allowScripts).toSorted());
  });
});
