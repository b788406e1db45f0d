import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// Draws are even and their rows are not in their order: writing one cost the index a page of its own, half of all that a new member makes a bot
// write. The few orders between two thresholds are found by going through the table once, which is needed once a day.
const statements = [
  'DROP INDEX file_record_draw',
  // A revision that was on its way through the index goes through the rows once more.
  `UPDATE config SET content = json_set(json_remove(content, '$.afterDraw'), '$.afterId', 0) WHERE name = 'revision'`,
];

export async function up(knex: Knex): Promise<void> {
  for (const statement of statements) await knex.raw(statement);
}
