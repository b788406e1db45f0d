import type { BotExit, BotLine, BotProcess } from '../../../devnet/world/bot-process.ts';
import { exitCodes } from '../../../src/domain/errors.ts';
import type { BotHome } from './bot-home.ts';

/** A bot with its supervisor: whenever it ends by an outage that lasted it is started again. */
export class SupervisedBot {
  /** Of all its processes, in order. */
  readonly lines: BotLine[] = [];
  /** How its processes ended so far, but for those that were told to. */
  readonly exits: BotExit[] = [];
  readonly #home: BotHome;
  readonly #env: () => NodeJS.ProcessEnv;
  #process: BotProcess;
  #isStopping = false;

  /** @param env asked for at each start */
  constructor(home: BotHome, env: () => NodeJS.ProcessEnv) {
    this.#home = home;
    this.#env = env;
    this.#process = this.#launch();
  }

  async stop(): Promise<BotExit> {
    this.giveUp();
    return await this.#process.stop();
  }

  /** After a stop. */
  start(): void {
    this.#isStopping = false;
    this.#process = this.#launch();
  }

  /** Starts nothing any more. */
  giveUp(): void {
    this.#isStopping = true;
  }

  #launch(): BotProcess {
    const bot = this.#home.launch(this.#env());
    bot.onLine((line) => this.lines.push(line));
    void this.#follow(bot);
    return bot;
  }

  async #follow(bot: BotProcess): Promise<void> {
    const exit = await bot.exited;
    if (this.#isStopping) return;
    this.exits.push(exit);
    if (exit.code === exitCodes.outage) this.#process = this.#launch();
  }
}
