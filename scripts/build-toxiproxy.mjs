#!/usr/bin/env node
// Builds the pinned toxiproxy, a TCP proxy with bandwidths and faults, into the user's cache and prints where it lies. The module in devnet/kubo
// names the release; its go.sum pins every source byte.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const moduleDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'devnet', 'kubo');
const match = /github\.com\/Shopify\/toxiproxy\/v2 (v\d+\.\d+\.\d+)/.exec(
  readFileSync(join(moduleDir, 'go.mod'), 'utf8'),
);
if (match === null) throw new Error(`${join(moduleDir, 'go.mod')} requires no release of github.com/Shopify/toxiproxy`);
const cacheDir = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const binary = join(cacheDir, 'smanager', `toxiproxy-${match[1]}`, 'toxiproxy-server');

if (!existsSync(binary)) {
  const unfinished = `${binary}.${process.pid}`;
  mkdirSync(dirname(binary), { recursive: true });
  const args = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', '-s -w', '-o', unfinished];
  try {
    execFileSync('go', [...args, 'github.com/Shopify/toxiproxy/v2/cmd/server'], {
      cwd: moduleDir,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    renameSync(unfinished, binary);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
console.log(binary);
