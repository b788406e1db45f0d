import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that the configuration's own uses and reads again. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly writeOnly?: boolean;
}

/** The JSON Schema (draft 2020-12) of the configuration file, for editors; generated from the checks themselves. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      const isSection = jsonSchema.properties !== undefined;
      // An unknown key is a warning when running, but a typo is what an editor should mark.
      if (isSection) jsonSchema.additionalProperties = false;
      // A section that may be left out has its keys' defaults, not an empty one of its own.
      if (isSection) delete jsonSchema.default;
      else if (_zod.def.type === 'default') jsonSchema.default = _zod.def.defaultValue;
    },
  });
  return { title: 'smanager configuration', ...(schema as JsonSchema) };
}

/** The shipped file's content. Short lists stand on one line, as the formatter of this repository writes them. */
export function configSchemaText(): string {
  const text = JSON.stringify(configJsonSchema(), undefined, 2);
  const short = text.replace(
    /\[\n\s*((?:"[^"]*"|,|\s)+)\n\s*\]/gu,
    (_, items: string) => `[${items.split(/,\s*/u).join(', ')}]`,
  );
  return `${short}\n`;
}
