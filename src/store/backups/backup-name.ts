/** Why a backup was made. Those by hand, and those of a database whose file was taken away under the bot, are never removed by it. */
export const backupKinds = ['daily', 'before-migration', 'by-hand', 'rescued'] as const;
export type BackupKind = (typeof backupKinds)[number];

export interface BackupLabel {
  readonly kind: BackupKind;
  /** Number of the newest migration in it. */
  readonly schema: number;
  /** Unix ms, whole seconds. */
  readonly atMs: number;
}

const pattern = /^smanager-db\.(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)Z\.schema-(\d+)\.([a-z-]+)\.sqlite$/u;

/** `smanager-db.2026-01-31T12-00-00Z.schema-6.daily.sqlite`: without colons, which some file systems refuse. */
export function backupName({ kind, schema, atMs }: BackupLabel): string {
  return `smanager-db.${utcStamp(atMs)}.schema-${schema}.${kind}.sqlite`;
}

/** Undefined for a file that is not named like one of our backups. */
export function parseBackupName(name: string): BackupLabel | undefined {
  const [, toTheHour, minute, second, schema, word] = pattern.exec(name) ?? [];
  const kind = backupKinds.find((known) => known === word);
  const atMs = Date.parse(`${toTheHour}:${minute}:${second}Z`);
  return kind === undefined || Number.isNaN(atMs) ? undefined : { kind, schema: Number(schema), atMs };
}

/** `2026-01-31T12-00-00Z` */
export function utcStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}
