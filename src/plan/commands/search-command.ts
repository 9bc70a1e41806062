/** Why: `plan search` and `plan diff`: the recommendation, what it was chosen over, and what it takes to get there. */
import { rankingReason } from '../founding/document.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { printDesign } from '../model/read-design.ts';
import { printLimit } from '../model/read-inputs.ts';
import { commandOf, diffOf } from '../search/diff.ts';
import { violation } from '../search/feasible.ts';
import type { Candidate } from '../search/front.ts';
import { type Recommendation, type RecommendOptions, recommendFrom } from '../search/recommend.ts';
import type { SliceResult } from '../search/slice.ts';
import { formatQuantity } from '../units.ts';
import { type Answer, answer, type NamedText, shown, type Table } from './answer.ts';
import { documentTables, metricsTable, withSources } from './evaluate-command.ts';

const shownCandidates = 10;

/** From the merged slices of a search; where nothing is feasible the least violating design is shown, exit code 3. */
export function searchCommand(inputs: PlannerInputs, result: SliceResult, options: RecommendOptions = {}): Answer {
  const recommendation = recommendFrom(inputs, result, options);
  const candidate = recommendation.chosen ?? recommendation.nearest;
  const notes = notesOf(recommendation, inputs);
  return answer({
    exitCode: recommendation.chosen === null ? 3 : 0,
    json: { ...recommendation, metrics: candidate === null ? null : withSources(candidate.metrics, inputs), notes },
    tables: candidate === null ? [] : tablesOf(recommendation, candidate, inputs),
    notes,
    files: [...(candidate === null ? [] : [chosenFile(candidate)]), frontFile(recommendation.front)],
  });
}

/** For `--config`, `--from` and `--to`. */
function chosenFile({ design }: Candidate): NamedText {
  return { name: 'chosen.json', text: jsonOf(printDesign(design)) };
}

export function frontFile(front: readonly Candidate[]): NamedText {
  const candidates = front.map(({ design, metrics }) => ({ design: printDesign(design), metrics }));
  return { name: 'front.json', text: jsonOf(candidates) };
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function tablesOf(recommendation: Recommendation, candidate: Candidate, inputs: PlannerInputs): Table[] {
  return [
    {
      ...metricsTable(candidate.metrics, inputs),
      title: `${recommendation.chosen === null ? 'nearest' : 'recommended'}: ${candidate.design.id}`,
    },
    ...documentTables(candidate.design, inputs),
    frontTable(recommendation, inputs),
    {
      title: 'limits',
      columns: ['limit', 'slack', 'relaxed to', 'saves'],
      rows: recommendation.binding.map((each) => [
        printLimit(each),
        `${(100 * each.slack).toFixed(1)} %`,
        each.relaxTo === null ? '' : shown(each.metric, each.relaxTo),
        each.saves === null ? '' : shown(inputs.objective, Math.abs(each.saves)),
      ]),
    },
  ];
}

function frontTable({ front }: Recommendation, inputs: PlannerInputs): Table {
  const metrics = [
    ...new Set([inputs.objective, ...inputs.limits.map((limit) => limit.metric), 'docObjective' as const]),
  ];
  return {
    title: `the best ${Math.min(shownCandidates, front.length)} of ${front.length} that no other beats`,
    columns: ['design', ...metrics],
    rows: front
      .slice(0, shownCandidates)
      .map(({ design, metrics: values }) => [design.id, ...metrics.map((metric) => shown(metric, values[metric]))]),
  };
}

function notesOf(recommendation: Recommendation, inputs: PlannerInputs): string[] {
  const { chosen, nearest, front } = recommendation;
  const other = front.find((each) => chosen !== null && each.design.id !== chosen.design.id);
  const reason =
    chosen === null || other === undefined ? undefined : rankingReason(chosen.metrics, other.metrics, inputs.objective);
  const notes = [`${recommendation.evaluated} designs evaluated`];
  if (chosen === null && nearest !== null) {
    const beyond = formatQuantity(violation(nearest, inputs.limits), 'count');
    notes.push(`nothing is within all limits; the nearest is beyond them by ${beyond} in all`);
  }
  if (recommendation.confidence !== null)
    notes.push(`keeps all limits in ${(100 * recommendation.confidence).toFixed(0)} % of the draws`);
  if (reason !== undefined && other !== undefined)
    notes.push(`the document ranks it otherwise than ${other.design.id}: ${reason}`);
  return [...notes, ...recommendation.assumptions];
}

export function diffCommand(current: Design, wanted: Design, inputs: PlannerInputs): Answer {
  const diff = diffOf(current, wanted, inputs);
  return answer({
    json: { ...diff, commands: diff.steps.map(commandOf) },
    tables: [
      {
        title: `${current.id} -> ${wanted.id}`,
        columns: ['moved', 'of', 'bytes', 'time', 'USD'],
        rows: [
          [
            String(diff.movedPairs),
            String(diff.pairs),
            formatQuantity(diff.movedBytes, 'bytes'),
            formatQuantity(diff.movingSec, 'seconds'),
            formatQuantity(diff.movingUsd, 'usd'),
          ],
        ],
      },
      { title: 'commands', columns: ['command'], rows: diff.steps.map((step) => [commandOf(step)]) },
    ],
    notes: ['block size and quorum apply to what is written from then on; what is stored keeps its own'],
  });
}
