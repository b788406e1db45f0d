import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { configSchemaText } from '../src/config/keys/json-schema.ts';

// Writes the JSON Schema that is shipped beside the example, from the checks themselves.
writeFileSync(path.resolve(import.meta.dirname, '../smanager-config.schema.json'), configSchemaText());
