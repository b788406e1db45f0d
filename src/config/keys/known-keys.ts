import { configJsonSchema, type JsonSchema } from './json-schema.ts';

/** A key of the configuration file that takes a value. */
export interface KnownKey {
  /** `chain.endPoint` */
  readonly path: string;
  /** `SMANAGER_CHAIN_END_POINT` */
  readonly variable: string;
  /** Takes several values. */
  readonly list: boolean;
  /** Takes one value; a key may take one or several. */
  readonly single: boolean;
  /** Its value is never shown. */
  readonly secret: boolean;
}

export interface KnownKeys {
  readonly keys: readonly KnownKey[];
  /** Paths of the keys and of the sections they stand in. */
  readonly paths: ReadonlySet<string>;
}

/** Every key, read from the JSON Schema, so that there is one list of them. */
export function knownKeys(): KnownKeys {
  const keys: KnownKey[] = [];
  const paths = new Set<string>();
  collect(configJsonSchema(), [], keys, paths);
  return { keys, paths };
}

function collect(schema: JsonSchema, path: readonly string[], keys: KnownKey[], paths: Set<string>): void {
  const name = path.join('.');
  if (path.length > 0) paths.add(name);
  const shapes = schema.anyOf ?? [schema];
  const values = shapes.filter((shape) => shape.properties === undefined);
  if (values.length > 0) {
    keys.push({
      path: name,
      variable: variableName(path),
      list: values.some((shape) => shape.type === 'array'),
      single: values.some((shape) => shape.type !== 'array'),
      secret: schema.writeOnly === true,
    });
  }
  for (const shape of shapes) {
    for (const [key, below] of Object.entries(shape.properties ?? {})) collect(below, [...path, key], keys, paths);
  }
}

/** camelCase is split at its capitals, an acronym is one word: `nodeUUID` becomes `NODE_UUID`. */
function variableName(path: readonly string[]): string {
  const words = path.map((key) =>
    key.replace(/([a-z0-9])([A-Z])/gu, '$1_$2').replace(/([A-Z])([A-Z][a-z])/gu, '$1_$2'),
  );
  return `SMANAGER_${words.join('_').toUpperCase()}`;
}
