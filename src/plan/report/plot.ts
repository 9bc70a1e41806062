/** Why: curves belong in documents; this draws one picture of lines as SVG, with no library. */
import { at, range } from '../numeric/lists.ts';

type Point = readonly [x: number, y: number];

export type Line = { readonly name: string; readonly points: readonly Point[] };

export type Plot = {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly lines: readonly Line[];
  readonly logX?: boolean;
  readonly logY?: boolean;
};

const width = 640;
const height = 400;
const margin = { left: 80, right: 20, top: 40, bottom: 50 };
const colours = ['#0b6fa4', '#c2410c', '#15803d', '#7e22ce', '#a16207', '#be123c', '#0f766e', '#475569'];

type Scales = { readonly x: Scale; readonly y: Scale };
type Scale = { readonly at: (value: number) => number; readonly ticks: readonly number[] };

export function svgOf(plot: Plot): string {
  const shown = plot.lines.map((line) => ({ ...line, points: line.points.filter((point) => isDrawable(plot, point)) }));
  const all = shown.flatMap((line) => line.points);
  const x = scaleOf(
    all.map(([value]) => value),
    [margin.left, width - margin.right],
    plot.logX === true,
  );
  const y = scaleOf(
    all.map(([, value]) => value),
    [height - margin.bottom, margin.top],
    plot.logY === true,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text([width / 2, 20], plot.title, { anchor: 'middle', size: 14 }),
    text([width / 2, height - 10], plot.xName, { anchor: 'middle' }),
    text([14, margin.top - 12], plot.yName, { anchor: 'start' }),
    ...x.ticks.map((tick) => text([x.at(tick), height - margin.bottom + 16], label(tick), { anchor: 'middle' })),
    ...y.ticks.map(
      (tick) => gridLine(y.at(tick)) + text([margin.left - 6, y.at(tick) + 4], label(tick), { anchor: 'end' }),
    ),
    ...shown.map((line, index) => drawLine(line, index, { x, y })),
    '</svg>',
    '',
  ].join('\n');
}

function isDrawable(plot: Plot, [x, y]: Point): boolean {
  const positive = (plot.logX !== true || x > 0) && (plot.logY !== true || y > 0);
  return positive && Number.isFinite(x) && Number.isFinite(y);
}

function scaleOf(values: readonly number[], [from, to]: Point, logarithmic: boolean): Scale {
  const transform = (value: number) => (logarithmic ? Math.log10(value) : value);
  const low = Math.min(...values.map(transform));
  const high = Math.max(...values.map(transform));
  const span = high > low ? high - low : 1;
  const position = (value: number) => from + ((transform(value) - low) / span) * (to - from);
  const steps = range(5).map((index) => low + (index / 4) * span);
  return { at: position, ticks: values.length === 0 ? [] : steps.map((step) => (logarithmic ? 10 ** step : step)) };
}

function drawLine(line: Line, index: number, { x, y }: Scales): string {
  const colour = at(colours, index % colours.length);
  const points = line.points.map(([px, py]) => `${x.at(px).toFixed(1)},${y.at(py).toFixed(1)}`).join(' ');
  const legend = margin.top + 16 * index;
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points}"/>`,
    text([width - margin.right - 4, legend], line.name, { anchor: 'end', colour }),
  ].join('');
}

function gridLine(y: number): string {
  const across = `x1="${margin.left}" x2="${width - margin.right}"`;
  return `<line ${across} y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#e2e8f0"/>`;
}

type Style = { readonly anchor: 'start' | 'middle' | 'end'; readonly size?: number; readonly colour?: string };

function text([x, y]: Point, content: string, style: Style): string {
  const { anchor, size = 12, colour = '#0f172a' } = style;
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
  return `<text ${place} text-anchor="${anchor}" font-size="${size}" fill="${colour}">${escaped}</text>`;
}

function label(value: number): string {
  return String(Number(value.toPrecision(3)));
}
