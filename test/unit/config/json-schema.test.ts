import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, configSchemaText } from '../../../src/config/keys/json-schema.ts';
import { knownKeys } from '../../../src/config/keys/known-keys.ts';

const root = path.resolve(import.meta.dirname, '../../..');

describe('the shipped JSON Schema', () => {
  it('is what the checks say today', () => {
    expect(readFileSync(path.join(root, 'smanager-config.schema.json'), 'utf8')).toBe(configSchemaText());
  });

  it('describes every key, and gives defaults in the words of the file', () => {
    const schema = configJsonSchema();
    const without: string[] = [];
    const visit = (node: typeof schema, where: string): void => {
      if (where !== '' && typeof node['description'] !== 'string') without.push(where);
      for (const shape of node.anyOf ?? [node]) {
        for (const [key, below] of Object.entries(shape.properties ?? {})) visit(below, `${where}.${key}`);
      }
    };
    visit(schema, '');
    expect(without).toEqual([]);
    const scheduler = schema.properties?.['scheduler']?.properties;
    expect(scheduler?.['minSrdRatio']).toMatchObject({ default: 70 });
    expect(scheduler?.['maxFileSize']).toMatchObject({ default: 0 });
    expect(schema['required']).toEqual(['chain', 'sworker', 'ipfs']);
  });

  it('knows every key of the shipped example', () => {
    const { paths } = knownKeys();
    const example: unknown = JSON.parse(readFileSync(path.join(root, 'smanager-config.example.json'), 'utf8'));
    const visit = (value: unknown, where: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, below] of Object.entries(value)) {
        expect(paths).toContain(`${where}${key}`);
        visit(below, `${where}${key}.`);
      }
    };
    visit(example, '');
  });
});
