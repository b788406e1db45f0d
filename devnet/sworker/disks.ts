const GIB = 1024 ** 3;

/** A disk at its beginning: what is not `srdGib` or `otherGib` is available. */
export interface DiskSpec {
  readonly volumeGib: number;
  readonly srdGib: number;
  readonly otherGib?: number;
}

export interface DiskReport {
  readonly srdGib: number;
  readonly availableGib: number;
  readonly availableForSrdGib: number;
  readonly volumeGib: number;
}

/** sWorker leaves at least this much of a disk to files: SRD gives way below it. */
const RESERVED_GIB = 50;

class Disk {
  reachable = true;
  private sealedBytes = 0;
  private srdGib: number;
  private readonly spec: DiskSpec;

  constructor(spec: DiskSpec) {
    this.spec = spec;
    this.srdGib = spec.srdGib;
  }

  get availableBytes(): number {
    return (this.spec.volumeGib - (this.spec.otherGib ?? 0) - this.srdGib) * GIB - this.sealedBytes;
  }

  /** Negative bytes free space. False when the disk cannot take them, even without its SRD. */
  use(bytes: number): boolean {
    if (bytes > this.availableBytes + this.srdGib * GIB) return false;
    this.sealedBytes += bytes;
    while (this.srdGib > 0 && this.availableBytes < RESERVED_GIB * GIB) this.srdGib -= 1;
    return true;
  }

  report(): DiskReport {
    const availableGib = Math.floor(this.availableBytes / GIB);
    return {
      srdGib: this.srdGib,
      availableGib,
      availableForSrdGib: Math.max(0, availableGib - RESERVED_GIB),
      volumeGib: this.spec.volumeGib,
    };
  }
}

/** The disks sWorker writes to. A file lies on one disk whole. */
export class Disks {
  private readonly disks: Disk[];

  constructor(specs: readonly DiskSpec[]) {
    this.disks = specs.map((spec) => new Disk(spec));
  }

  /** The reachable disk with the most room. */
  choose(): number {
    let best = 0;
    for (const [index, disk] of this.disks.entries()) {
      const current = this.disks[best];
      if (disk.reachable && (current?.reachable !== true || disk.availableBytes > current.availableBytes)) best = index;
    }
    return best;
  }

  use(index: number, bytes: number): boolean {
    const disk = this.at(index);
    return disk.reachable && disk.use(bytes);
  }

  free(index: number, bytes: number): void {
    this.at(index).use(-bytes);
  }

  setReachable(index: number, reachable: boolean): void {
    this.at(index).reachable = reachable;
  }

  /** One report per reachable disk; an unreachable one is left out without a word, as sWorker does. */
  reports(): DiskReport[] {
    return this.disks.filter((disk) => disk.reachable).map((disk) => disk.report());
  }

  private at(index: number): Disk {
    const disk = this.disks[index];
    if (disk === undefined) throw new RangeError(`no disk ${index}`);
    return disk;
  }
}
