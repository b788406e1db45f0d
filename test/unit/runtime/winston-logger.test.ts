import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { createLogger, readLogSettings } from '../../../src/runtime/winston-logger.ts';

async function logged(
  env: Record<string, string>,
  secrets: string[],
  write: (logger: ReturnType<typeof createLogger>) => void,
): Promise<string[]> {
  const stream = new PassThrough();
  write(createLogger(readLogSettings(env, false, secrets).settings, stream));
  stream.end();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().split('\n').filter(Boolean);
}

describe('the log', () => {
  it('writes one JSON object a line off a terminal, with the module and the context', async () => {
    const lines = await logged({}, [], (logger) => logger.child('pull').info('Sealed', { cid: 'Qm', sizeBytes: 5 }));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      module: 'pull',
      message: 'Sealed',
      cid: 'Qm',
      sizeBytes: 5,
    });
  });

  it('obeys levels by module', async () => {
    const lines = await logged({ LOG_LEVEL: 'warn,pull=debug' }, [], (logger) => {
      logger.info('left out');
      logger.child('pull').debug('kept');
      logger.warn('kept too');
    });
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['kept', 'kept too']);
  });

  it('never prints a secret, in any format', async () => {
    for (const format of ['json', 'human']) {
      const lines = await logged({ LOG_FORMAT: format }, ['s3cret-token'], (logger) => {
        logger.error('Refused', { header: 'Bearer s3cret-token' }, new SmError('DEFECT', 'with s3cret-token inside'));
      });
      expect(lines.join('')).not.toContain('s3cret-token');
      expect(lines.join('')).toContain('[secret]');
    }
  });

  it('never prints a secret that JSON writes in another way, or one that begins like another', async () => {
    const lines = await logged({}, ['to"ken', 'to"ken-and-more'], (logger) => {
      logger.warn('Refused', { short: 'to"ken', long: 'to"ken-and-more' });
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ short: '[secret]', long: '[secret]' });
  });

  it('leaves out of a human line what is not there', async () => {
    const lines = await logged({ LOG_FORMAT: 'human' }, [], (logger) =>
      logger.info('Pull ended', { cid: 'Qm', detail: null, cause: undefined, stack: undefined }),
    );
    expect(lines[0]).toMatch(/Pull ended cid=Qm$/);
  });

  it('shows terminal escapes of a customer and does not obey them', async () => {
    const lines = await logged({ LOG_FORMAT: 'human' }, [], (logger) =>
      logger.info('Order', { cid: '\u001B[2J\u009Bx\nfake line \u202E' }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('\\x1b[2J\\x9bx\\x0afake line \\u202e');
  });

  it('names the words it does not know', () => {
    expect(readLogSettings({ LOG_LEVEL: 'loud,pull=quiet,pul=debug', LOG_FORMAT: 'xml' }, true, []).unknown).toEqual([
      'LOG_LEVEL=loud',
      'LOG_LEVEL=pull=quiet',
      'LOG_LEVEL=pul=debug',
      'LOG_FORMAT=xml',
    ]);
  });
});
