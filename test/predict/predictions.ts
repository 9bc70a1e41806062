/** Why: what the planner says of a configuration before it is run, from nothing but one calibration and its design. */
import type { VolumeId } from '../../src/base/ids.ts';
import { calibrate, telemetryOf } from '../../src/plan/calibrate/calibrate.ts';
import { type Dist, quantile } from '../../src/plan/distribution.ts';
import { evaluate } from '../../src/plan/evaluate/evaluate.ts';
import type { Design } from '../../src/plan/model/design.ts';
import type { PlannedNode, PlannerInputs } from '../../src/plan/model/inputs.ts';
import { type Measured, measured } from '../../src/plan/model/measured.ts';
import type { Metrics } from '../../src/plan/model/metrics.ts';
import { readDesign } from '../../src/plan/model/read-design.ts';
import { readInputs } from '../../src/plan/model/read-inputs.ts';
import type { Configuration } from './configuration.ts';
import { lostAfterMs } from './delayed-store.ts';

/** The keeper looks once a second. */
const detectMs = lostAfterMs + 500;

/** What somebody would write down who knows the store and nothing of its delays. */
export function inputsOf(volumes: readonly VolumeId[], { objects, objectBytes, asked }: Configuration): PlannerInputs {
  return readInputs({
    sites: [{ id: 'here' }],
    nodes: volumes.map((id) => ({ id, site: 'here', capacity: '1TB', depth: 1000, diskBandwidth: '10GB/s' })),
    links: [{ from: 'here', to: 'here', oneWay: '1us', bandwidth: '100Gbit/s' }],
    store: { straggler: '250ms', detect: `${detectMs}ms`, repairShare: '100%' },
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

export class Predictor {
  readonly #volumes: readonly VolumeId[];
  readonly #earlier: string;
  readonly #later: string;

  /** From what the metrics said before and after the run that calibrates. */
  constructor(volumes: readonly VolumeId[], [earlier, later]: readonly [string, string]) {
    this.#volumes = volumes;
    this.#earlier = earlier;
    this.#later = later;
  }

  predict(configuration: Configuration): Metrics {
    const inputs = this.inputs(configuration);
    return evaluate(designOf(configuration, inputs), inputs);
  }

  /** Nodes and store as measured, the workload as it will be. */
  inputs(configuration: Configuration): PlannerInputs {
    const base = inputsOf(this.#volumes, configuration);
    const calibrated = calibrate(base, telemetryOf(this.#later, this.#earlier, 1));
    return { ...calibrated, nodes: alike(calibrated.nodes), workloads: base.workloads };
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
