import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of a file of this project that is not compiled, whether this module runs from its source or from a build somewhere below the project. */
export function projectFile(path: string): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return join(dir, path);
  }
  throw new Error(`there is no package.json above ${import.meta.url}`);
}
