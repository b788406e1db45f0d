import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({ name: z.literal('smanager'), version: z.string() });

/** The version in the `package.json` that this program was installed with. */
export function programVersion(from = import.meta.dirname): string {
  const file = path.join(from, 'package.json');
  if (existsSync(file)) return packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
  const parent = path.dirname(from);
  if (parent === from) throw new Error('no package.json above the program');
  return programVersion(parent);
}
