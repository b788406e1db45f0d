import { expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../../src/store/connection.ts';
import { tempDir } from '../../support/temp-dir.ts';

it('a connection that cannot be had is thrown, and nothing is printed past the log', async () => {
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(process, 'emitWarning')];
  const knex = connect(await tempDir(), [], 1);
  onTestFinished(async () => {
    for (const each of printed) each.mockRestore();
    await knex.destroy();
  });
  await expect(knex.raw('SELECT 1')).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' });
  for (const each of printed) expect(each).not.toHaveBeenCalled();
});
