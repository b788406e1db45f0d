import { answerOf, type ChildQuestion } from './child-messages.ts';
import { PolkadotLibrary } from './polkadot-library.ts';

// The process in which the library lives for as long as it is asked. It ends with the bot, and by nothing else: a terminal's Ctrl-C goes to both.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
process.on('disconnect', () => process.exit());
const library = new PolkadotLibrary();
process.on('message', (question: ChildQuestion) => {
  // A bot that was killed meanwhile takes no answer, and nobody is to be told.
  void answerOf(library, question).then((answer) =>
    process.send?.(answer, undefined, undefined, (error) => error === null || process.exit()),
  );
});
