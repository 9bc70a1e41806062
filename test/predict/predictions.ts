/** Why: what the planner says of a configuration before it is run, from nothing but one calibration and its design. */
import { alignUp } from '../../src/base/bytes.ts';
import type { VolumeId } from '../../src/base/ids.ts';
import { directAlignBytes } from '../../src/disk/disk.ts';
import { calibrate, telemetryOf } from '../../src/plan/calibrate/calibrate.ts';
import { type Dist, quantile } from '../../src/plan/distribution.ts';
import { evaluate } from '../../src/plan/evaluate/evaluate.ts';
import type { Design } from '../../src/plan/model/design.ts';
import type { PlannedNode, PlannerInputs } from '../../src/plan/model/inputs.ts';
import { type Measured, measured } from '../../src/plan/model/measured.ts';
import type { Metrics } from '../../src/plan/model/metrics.ts';
import { readDesign } from '../../src/plan/model/read-design.ts';
import { readInputs } from '../../src/plan/model/read-inputs.ts';
import { frameBytesOf } from '../../src/volume/file/frame.ts';
import { chunkBytes, storedBytesOf } from '../../src/volume/stored-form.ts';
import type { Configuration } from './configuration.ts';
import { lostAfterMs } from './delayed-store.ts';

/** The keeper looks once a second. */
const detectMs = lostAfterMs + 500;

/** What somebody would write down who knows the store and nothing of its delays. */
export function inputsOf(volumes: readonly VolumeId[], configuration: Configuration): PlannerInputs {
  const { objects, objectBytes, asked } = configuration;
  const store = { straggler: '250ms', detect: `${detectMs}ms`, repairShare: '100%' };
  return readInputs({
    sites: [{ id: 'here' }],
    nodes: volumes.map((id) => ({ id, site: 'here', capacity: '1TB', depth: 1000, diskBandwidth: '10GB/s' })),
    links: [{ from: 'here', to: 'here', oneWay: '1us', bandwidth: '100Gbit/s' }],
    store: { ...store, blockOverhead: `${paddedBytes(configuration)}B` },
    workloads: [
      {
        class: asked ?? 'zipf',
        reads: '1/s',
        writes: '1/s',
        objects,
        objectBytes: `${objectBytes}B`,
        clients: [{ site: 'here', weight: '100%' }],
      },
    ],
    objective: 'usdPerMonth',
  });
}

/** What is said of a configuration of a store of which nothing was measured. */
export function evaluated(volumes: readonly VolumeId[], configuration: Configuration): Metrics {
  const inputs = inputsOf(volumes, configuration);
  return evaluate(designOf(configuration, inputs), inputs);
}

/** The run that calibrates: what the metrics said before and after, and what the kernel counted of its writes. */
export type Calibration = {
  readonly earlier: string;
  readonly later: string;
  readonly configuration: Configuration;
  readonly bytesPerObject: number;
};

/** A block that is written alone ends where a sector does. */
function paddedBytes({ blockBytes, objectBytes }: Configuration): number {
  const payloadBytes = Math.min(blockBytes, objectBytes);
  const checksumBytes = 4 * Math.ceil(payloadBytes / chunkBytes);
  return (
    alignUp(frameBytesOf({ storedBytes: storedBytesOf(payloadBytes) }), directAlignBytes) - payloadBytes - checksumBytes
  );
}

export class Predictor {
  readonly #volumes: readonly VolumeId[];
  readonly #calibration: Calibration;

  constructor(volumes: readonly VolumeId[], calibration: Calibration) {
    this.#volumes = volumes;
    this.#calibration = calibration;
  }

  predict(configuration: Configuration): Metrics {
    const inputs = this.#inputs(configuration);
    return evaluate(designOf(configuration, inputs), inputs);
  }

  /** Nodes and store as measured, the workload as it will be. */
  #inputs(configuration: Configuration): PlannerInputs {
    const { earlier, later } = this.#calibration;
    const base = inputsOf(this.#volumes, configuration);
    const { nodes, store } = calibrate(base, telemetryOf(later, earlier, 1));
    return { ...base, nodes: alike(nodes), store: { ...store, commitBytes: measured(this.#commitBytes()) } };
  }

  /** What a commit writes besides what it says is what the model does not explain of the calibrating run. */
  #commitBytes(): number {
    const { configuration, bytesPerObject } = this.#calibration;
    const inputs = inputsOf(this.#volumes, configuration);
    const store = { ...inputs.store, commitBytes: measured(0) };
    const explained = evaluate(designOf(configuration, inputs), { ...inputs, store }).writtenBytesPerWrite;
    return Math.max(0, bytesPerObject - explained);
  }
}

/** The volumes are slowed down alike, and one alone has seen too few slow reads. */
function alike(nodes: readonly PlannedNode[]): PlannedNode[] {
  const mixed = (delays: readonly Measured<Dist>[]) =>
    measured<Dist>({ type: 'mix', parts: delays.map(({ value }) => ({ weight: 1 / delays.length, dist: value })) });
  const diskWriteSec = mixed(nodes.map((node) => node.diskWriteSec));
  const diskReadSec = mixed(nodes.map((node) => node.diskReadSec));
  return nodes.map((node) => ({ ...node, diskWriteSec, diskReadSec }));
}

export function designOf(configuration: Configuration, inputs: PlannerInputs): Design {
  const { copies, writeQuorum, blockBytes, cacheBytes = 0 } = configuration;
  const placement = inputs.nodes.slice(0, copies).map(({ id }) => id);
  const design = readDesign({ placement, W: writeQuorum, B: `${blockBytes}B`, cache: { bytes: `${cacheBytes}B` } });
  return { ...design, hedgeDelaySec: hedgeDelaySec(inputs) };
}

/** As the store hedges: after what nearly all reads of a volume took, within bounds. */
function hedgeDelaySec({ nodes: [node] }: PlannerInputs): number {
  if (node === undefined) throw new Error('there is no node');
  return Math.min(0.5, Math.max(0.02, quantile(node.diskReadSec.value, 0.95)));
}
