#!/usr/bin/env node
// Builds the pinned Kubo release into the user's cache and prints where it lies. Nothing is done when it is already there and answers.
// `--where` only prints the path. The module in devnet/kubo names the release; its go.sum pins every source byte.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const moduleDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'devnet', 'kubo');

function pinnedVersion() {
  const match = /github\.com\/ipfs\/kubo (v\d+\.\d+\.\d+)/.exec(readFileSync(join(moduleDir, 'go.mod'), 'utf8'));
  if (match === null) throw new Error(`${join(moduleDir, 'go.mod')} requires no release of github.com/ipfs/kubo`);
  return match[1];
}

function answers(binary, version) {
  if (!existsSync(binary)) return false;
  try {
    // A path without a repository keeps `ipfs version` from looking into the user's own one.
    const env = { ...process.env, IPFS_PATH: join(tmpdir(), 'smanager-no-repo'), IPFS_TELEMETRY: 'off' };
    const said = execFileSync(binary, ['version', '--number'], { env, encoding: 'utf8', timeout: 60_000 });
    return said.trim() === version.slice(1);
  } catch (error) {
    console.error(`${binary} does not answer, building it again: ${error.message}`);
    return false;
  }
}

function build(binary) {
  const unfinished = `${binary}.${process.pid}`;
  mkdirSync(dirname(binary), { recursive: true });
  const args = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', '-s -w'];
  const env = { ...process.env, CGO_ENABLED: '0' };
  try {
    execFileSync('go', [...args, '-o', unfinished, 'github.com/ipfs/kubo/cmd/ipfs'], {
      cwd: moduleDir,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    renameSync(unfinished, binary);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const version = pinnedVersion();
const cacheDir = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const binary = join(cacheDir, 'smanager', `kubo-${version}`, process.platform === 'win32' ? 'ipfs.exe' : 'ipfs');

if (!process.argv.includes('--where') && !answers(binary, version)) {
  console.error(`building Kubo ${version} with Go, this takes some minutes…`);
  build(binary);
  if (!answers(binary, version)) throw new Error(`${binary} was built but does not say that it is ${version}`);
}
console.log(binary);
