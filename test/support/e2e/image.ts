import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import type { World } from '../../../devnet/world/world.ts';
import { BotHome } from './bot-home.ts';

const script = fileURLToPath(new URL('./in-image.sh', import.meta.url));
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const isRequired = Boolean(process.env['CI']);

/** The user of the image, and of compose.yaml. */
export const imageUser = 10_001;

/** True when the tests in the image's layout are to be passed over: only root can lay it out, and nobody requires them (`CI`). */
export const isWithoutRoot = process.geteuid?.() !== 0 && !isRequired;
if (isWithoutRoot)
  console.warn('\n*** NOT ROOT, so nothing runs in the layout of the image, without root and capabilities ***\n');

/** As compose.yaml: the image's user, no capability, no way to get one, and nothing to write to but /data and /tmp. */
const without = [
  'setpriv',
  `--reuid=${imageUser}`,
  `--regid=${imageUser}`,
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--no-new-privs',
  '--',
];
/** As Docker starts a container when nobody tells it otherwise: root with these capabilities. */
const kept =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap';
const usual = ['setpriv', `--bounding-set=-all,+${kept.replaceAll(',', ',+')}`, '--inh-caps=-all', '--'];

/** A bot's home in the layout of the image. */
export class ImageHome {
  readonly home: BotHome;
  /** Of the home, for programs beside the bot: /config and /data are its folders, /app is the built bot. */
  readonly #layout: readonly string[];

  private constructor(home: BotHome, layout: readonly string[]) {
    this.home = home;
    this.#layout = layout;
  }

  /** `least`: as our compose file has it; else as the one that operators have. `config` is written as /config/smanager_config.json. */
  static async make(world: World, name: string, options: { least: boolean; config: JsonObject }): Promise<ImageHome> {
    const dir = join(world.dir, name);
    const [root, configDir] = [`${dir}-root`, `${dir}-config`];
    for (const folder of [root, configDir]) await mkdir(folder, { mode: 0o755 });
    const configFile = join(configDir, 'smanager_config.json');
    await writeFile(configFile, JSON.stringify({ ...options.config, dataDir: '/data' }));
    await chmod(configFile, 0o644);
    const layout = [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '--',
      script,
      root,
      repository,
      process.execPath,
      configDir,
      join(dir, 'data'),
      options.least ? 'ro' : 'rw',
      ...(options.least ? without : usual),
    ];
    const home = await BotHome.make(world, name, { program: [...layout, 'docker-entrypoint.sh', 'smanager'] });
    await mkdir(home.dataDir);
    return new ImageHome(home, layout);
  }

  /** What starts the program with the rights of the container, past its entry point, as `docker exec` does. */
  beside(...words: readonly string[]): readonly string[] {
    return [...this.#layout, ...words];
  }
}
