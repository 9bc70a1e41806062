/**
 * Why: `plan simulate`, `plan calibrate` and `plan forecast`: the planner against a simulation, the system, the past.
 */
import { calibrate, type Telemetry, volumesWithoutNode } from '../calibrate/calibrate.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { exhaustion, type History, lagForecast } from '../forecast/forecast.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import type { MetricId } from '../model/metrics.ts';
import { metricIds } from '../model/metrics.ts';
import { provenanceOf } from '../model/provenance.ts';
import { printInputs } from '../model/read-inputs.ts';
import { type SimulationOptions, simulate } from '../simulate/system.ts';
import { formatQuantity } from '../units.ts';
import { type Answer, answer, shown } from './answer.ts';
import { withSources } from './evaluate-command.ts';

/** The simulation beside the evaluation of the same design. */
export function simulateCommand(design: Design, inputs: PlannerInputs, options: SimulationOptions): Answer {
  const metrics = evaluate(design, inputs);
  const simulation = simulate(design, inputs, options);
  const rows = (Object.keys(simulation.estimates) as MetricId[]).map((metric) => {
    const { value, ci } = simulation.estimates[metric] ?? { value: Number.NaN, ci: [Number.NaN, Number.NaN] };
    return [
      metric,
      shown(metric, metrics[metric]),
      shown(metric, value),
      ci.map((end) => shown(metric, end)).join(' .. '),
    ];
  });
  return answer({
    json: { design, simulation, evaluated: withSources(metrics, inputs) },
    tables: [{ title: design.id, columns: ['metric', 'evaluated', 'simulated', '95 % interval'], rows }],
    notes: [
      `${simulation.requests} requests in ${formatQuantity(simulation.simulatedSec, 'seconds')} of simulated time`,
    ],
  });
}

/** Inputs with what telemetry shows; the JSON is an inputs file. */
export function calibrateCommand(base: PlannerInputs, telemetry: Telemetry): Answer {
  const calibrated = calibrate(base, telemetry);
  const strangers = volumesWithoutNode(base, telemetry);
  const rows = metricIds.map((metric) => [metric, provenanceOf(metric, base), provenanceOf(metric, calibrated)]);
  return answer({
    json: printInputs(calibrated),
    tables: [{ title: 'what each metric rests on', columns: ['metric', 'before', 'after'], rows }],
    notes: strangers.length === 0 ? [] : [strangersNote(strangers)],
  });
}

function strangersNote(volumes: readonly string[]): string {
  const advice = 'give nodes the ids that `copyset volume ls` shows';
  return `not used, for no node is named after them: what the metrics say of ${volumes.join(', ')}; ${advice}`;
}

export function capacityForecastCommand(used: History, capacityBytes: number, horizonSec: number): Answer {
  const when = exhaustion(used, capacityBytes, horizonSec);
  const span = (sec: number | null) =>
    sec === null ? `not within ${formatQuantity(horizonSec, 'seconds')}` : formatQuantity(sec, 'seconds');
  return answer({
    exitCode: when.inSec === null ? 0 : 3,
    json: when,
    tables: [
      {
        title: `full at ${formatQuantity(capacityBytes, 'bytes')}`,
        columns: ['method', 'expected in', 'earliest', 'latest'],
        rows: [[when.method, span(when.inSec), span(when.earliestSec), span(when.latestSec)]],
      },
    ],
  });
}

export function lagForecastCommand(
  load: History,
  replica: { readonly applyRate: number; readonly propagationSec: number; readonly burstSec: number },
  horizonSec: number,
): Answer {
  const { saturation, burst } = lagForecast(load, replica, horizonSec);
  const never = `not within ${formatQuantity(horizonSec, 'seconds')}`;
  return answer({
    exitCode: saturation.inSec === null ? 0 : 3,
    json: { saturation, burst },
    tables: [
      {
        title: 'replication lag',
        columns: ['80 % busy in', 'largest burst: lag', 'drained in', 'usual lag'],
        rows: [
          [
            saturation.inSec === null ? never : formatQuantity(saturation.inSec, 'seconds'),
            formatQuantity(burst.maxLagSec, 'seconds'),
            formatQuantity(burst.drainSec, 'seconds'),
            formatQuantity(burst.steadyLagSec, 'seconds'),
          ],
        ],
      },
    ],
  });
}
