import { setImmediate as immediate } from 'node:timers/promises';
import type { ChildAnswer, ChildQuestion } from './child-messages.ts';

// The process in which the library lives for as long as it is asked. It ends with the bot, and by nothing else: a terminal's Ctrl-C goes to both. The library
// comes after that is settled: it takes half a second of the processor to load, on a busy machine ten times as long, and a bot may be killed meanwhile.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
process.on('disconnect', () => process.exit());
let loading: ReturnType<typeof load> | undefined;
process.on('message', (question: ChildQuestion) => {
  loading ??= load();
  // A bot that was killed meanwhile takes no answer, and nobody is to be told.
  void loading
    .then(async (answer) => await answer(question))
    .then((answer) => process.send?.(answer, undefined, undefined, (error) => error === null || process.exit()));
});

async function load(): Promise<(question: ChildQuestion) => Promise<ChildAnswer>> {
  // What has come meanwhile is heard first, the end of the bot above all: Node 24 hears that a turn of the loop after the last message.
  await immediate();
  await immediate();
  const { answerOf } = await import('./child-messages.ts');
  const { PolkadotLibrary } = await import('./polkadot-library.ts');
  const library = new PolkadotLibrary();
  return async (question) => await answerOf(library, question);
}
