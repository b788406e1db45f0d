import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { documentedMetadataHex } from '../../../devnet/chain/metadata.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';
import { ChildLibrary, startChild } from '../../../src/clients/chain/events/library/child-library.ts';
import type { EncodedRuntime } from '../../../src/clients/chain/events/library/decoding-library.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { BlockBytes } from './event-bytes.ts';

const source = new URL('../../../src/clients/chain/events/library/library-child.ts', import.meta.url);
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** Writes at the end whether the library was there: it leaves this mark. */
const tells = "process.on('exit', () => process.stderr.write(String('__polkadotjs' in globalThis)))";
const loader = ['--import', tsx, '--import', `data:text/javascript,${encodeURIComponent(tells)}`];

function start(): { readonly child: ChildProcess; readonly written: Promise<string> } {
  const child = startChild(source, loader);
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stderr === null) throw new Error('the process has no error output');
  return { child, written: text(child.stderr) };
}

const question = {
  id: 1,
  question: { method: 'forms', args: [{ specName: 'crust', specVersion: 1, metadata: '0x00' }] },
} as const;

describe('the decoding process', () => {
  it('ends with a bot that is killed right after it has asked, without the seconds that its library may take to load', async () => {
    const { child, written } = start();
    child.send(question);
    child.disconnect();
    expect(await written).toBe('false');
  });

  it('answers by its library, and then ends with the bot', async () => {
    const { child, written } = start();
    child.send(question);
    const [answer] = (await once(child, 'message')) as [{ readonly id: number }];
    expect(answer.id).toBe(1);
    child.disconnect();
    expect(await written).toBe('true');
  });
});

describe('what the decoding process may take', () => {
  it('is enough for two whole runtimes, and for more events and calls than a block has room for', async () => {
    const clock = new SystemClock();
    const library = new ChildLibrary(clock, { warn: () => undefined }, () => startChild(source, ['--import', tsx]));
    onTestFinished(async () => await library.close());
    const ofSpec = (specVersion: SpecVersion): EncodedRuntime => {
      const metadata = documentedMetadataHex(specVersion, ['x'.repeat(250)]);
      return { specName: 'crust', specVersion, metadata };
    };
    const [before, present] = [ofSpec(22), ofSpec(25)];
    const bytes = new BlockBytes(decodeRegistry(present));
    const event = bytes.event('Market', 'CalculateSuccess', [`0x${'51'.repeat(46)}`], 1);
    const events = Buffer.from(bytes.events(...Array.from({ length: 5000 }, () => event)).slice(2), 'hex');
    const batch = bytes.call(
      'Utility',
      'batch',
      Array.from({ length: 3000 }, () => bytes.order('cid', 'memo')),
    );
    const extrinsic = bytes.extrinsic(bytes.call('Utility', 'batch', [batch]));
    expect((await library.forms(before)).events.events.size).toBeGreaterThan(100);
    expect(await library.events(present, events)).toHaveLength(5000);
    expect(await library.calls(present, extrinsic)).toHaveLength(3000);
  }, 60_000);
});

describe('a bot that may open no more files', () => {
  it('says so of a question that needs the process, and asks it once there are files again', async () => {
    const library = new URL('../../../src/clients/chain/events/library/child-library.ts', import.meta.url);
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      const { ChildLibrary, startChild } = await import(${JSON.stringify(library.href)});
      const clock = { sleep: async (ms, signal) => await sleep(ms, undefined, { signal, ref: false }) };
      const loader = ['--import', ${JSON.stringify(tsx)}];
      const child = new ChildLibrary(clock, console, () => startChild(new URL(${JSON.stringify(source.href)}), loader));
      const ask = async () => await child.forms({ specName: 'crust', specVersion: 1, metadata: '0x00' }).catch((error) => error);
      const opened = [];
      try {
        for (;;) opened.push(openSync('/dev/null'));
      } catch {}
      const without = await ask();
      for (const file of opened) closeSync(file);
      const again = await ask();
      console.log(without.code, again.constructor.name);
      await child.close();`;
    const node = ['--import', tsx, '--input-type=module', '--eval', script];
    // As much as the bot asks for: the process is held to it too, and opens the modules of the library by the hundred.
    const limited = ['-c', 'ulimit -n 1024 && exec "$@"', 'bash', process.execPath, ...node];
    const { stdout } = await promisify(execFile)('bash', limited, { encoding: 'utf8' });
    expect(stdout.trim()).toBe('TOO_MANY_OPEN_FILES Undecodable');
  });
});
