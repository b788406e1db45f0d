/** The limits that the demo's configuration sets, in the file's own units; made-up orders lie on both sides of them. */
export const DEMO_LIMITS = { minFileSize: 0.0009, maxFileSize: 7168, minReplicas: 40, maxReplicas: 100 } as const;

/**
 * A node so full that a file of 6.6 GiB does not fit (it needs 2.2 times its size), with enough SRD all the same: the SRD of a disk without room
 * for files never gives way to them.
 */
export const DEMO_DISKS = [
  { volumeGib: 8, srdGib: 8 },
  { volumeGib: 6, srdGib: 0 },
];
