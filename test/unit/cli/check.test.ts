import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { closedEndPoint, localServer } from '../../support/local-server.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { cli, writeConfig } from './cli-run.ts';

/** The lines of a report as [state, subject, has advice]. */
function linesOf(stdout: string): (readonly [state: string, subject: string, isAdvised: boolean])[] {
  const found = stdout.matchAll(/^(?<state>ok|WARNING|WRONG) +(?<subject>\S+) .*(?<advice>\n +→ .+)?/gmu);
  return [...found].map(({ groups }) => [
    groups?.['state'] ?? '',
    groups?.['subject'] ?? '',
    groups?.['advice'] !== undefined,
  ]);
}

async function nobody(): Promise<{ readonly http: string; readonly ws: string }> {
  const { printable: http } = await closedEndPoint();
  return { http, ws: http.replace('http:', 'ws:') };
}

describe('smanager check', () => {
  it('with nothing listening has one line with advice for each part, and ends with 1', async () => {
    const folder = await tempDir();
    const { http, ws } = await nobody();
    const sections = {
      chain: { account: 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH', endPoint: ws },
      sworker: { endPoint: http },
      ipfs: { endPoint: http },
      sealCoordinator: { endPoint: http, nodeUUID: 'node-1', authToken: 't0ken' },
    };
    const { code, stdout, stderr } = await cli(
      ['check'],
      await writeConfig(folder, path.join(folder, 'data'), sections),
    );
    expect([code, stderr]).toEqual([1, '']);
    expect(linesOf(stdout)).toEqual([
      ['ok', 'configuration', false],
      ['WRONG', 'chain', true],
      ['WRONG', 'account', true],
      ['WRONG', 'group', true],
      ['WRONG', 'sworker', true],
      ['WRONG', 'ipfs', true],
      ['WRONG', 'coordinator', true],
      ['ok', 'disk', false],
      ['ok', 'database', false],
    ]);
    expect(stdout).toContain('19944');
    expect(stdout).toContain('12222');
    expect(stdout).toContain('5001');
    expect(stdout).not.toContain('t0ken');
  });

  it('tells what else is listening from the part that should be there', async () => {
    const folder = await tempDir();
    const other = await localServer((_, response) => response.writeHead(200).end('<html>a router</html>'));
    const { http, ws } = await nobody();
    const sections = {
      chain: { account: 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH', endPoint: ws },
      sworker: { endPoint: other.endPoint.printable },
      ipfs: { endPoint: http },
    };
    const { code, stdout } = await cli(['check'], await writeConfig(folder, folder, sections));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WRONG {3}sworker .*not JSON: <html>a router/mu);
  });

  it('says of a data directory that cannot be made what to do', async () => {
    const folder = await tempDir();
    await writeFile(path.join(folder, 'file'), '');
    const { code, stdout } = await cli(['check'], await writeConfig(folder, path.join(folder, 'file', 'data')));
    expect(code).toBe(1);
    expect(linesOf(stdout)).toContainEqual(['WRONG', 'disk', true]);
  });

  it('ends with 78 when something in the configuration is probably not meant, and still looks at every part', async () => {
    const folder = await tempDir();
    const sections = { scheduler: { maxPendingTask: 3, strategy: { dbFilesWeight: 0, newFilesWeight: 0 } } };
    const { code, stdout } = await cli(['check'], await writeConfig(folder, folder, sections));
    expect(code).toBe(78);
    expect(stdout).toMatch(
      /^WRONG {3}configuration scheduler\.maxPendingTask: .*scheduler\.maxPendingTasks may be meant$/mu,
    );
    expect(stdout).toMatch(/^WRONG {3}configuration scheduler\.strategy: /mu);
    expect(linesOf(stdout).map(([, subject]) => subject)).toContain('disk');
  });

  it('lists every reason when the configuration is refused', async () => {
    const folder = await tempDir();
    const sections = { sworker: { endPoint: 7 }, scheduler: { maxPendingTasks: 0 } };
    const { code, stdout, stderr } = await cli(['check'], await writeConfig(folder, folder, sections));
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/sworker\.endPoint: found 7; allowed: /u);
    expect(stderr).toMatch(/scheduler\.maxPendingTasks: found 0; allowed: /u);
  });
});
