import uPlot from 'uplot';
import type { Chart, Series, StageSpan } from '../chart.ts';
import { drawStages } from './draw-stages.ts';

const height = 230;
const font = '12px system-ui, sans-serif';
const lineColours = ['--line-1', '--line-2', '--line-3'];

/** Draw a chart into its place. Its legend shows the values under the cursor, or else the last ones. */
export function drawChart(chart: Chart, stages: readonly StageSpan[], place: HTMLElement): uPlot {
  const colour = (name: string): string => getComputedStyle(place).getPropertyValue(name);
  const axis = {
    font,
    labelFont: font,
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const measured = chart.series.filter(({ style }) => style === undefined);
  const colours = chart.series.map((series) =>
    colour(
      series.style === 'limit' ? '--muted' : lineColours[Math.max(0, measured.indexOf(series))],
    ),
  );
  const colourOf = (_: uPlot, series: number): string => colours[series - 1];
  const markerOf = (plot: uPlot, series: number): string =>
    `color-mix(in srgb, ${colourOf(plot, series)} ${alphaOf(chart.series[series - 1]) * 100}%, transparent)`;
  const line = (series: Series): uPlot.Series => ({
    label: series.label,
    stroke: colourOf,
    width: series.style === undefined ? 2 : 1,
    alpha: alphaOf(series),
    dash: series.style === 'limit' ? [4, 4] : undefined,
    points: {
      show: series.style !== 'limit' && chart.steps.length < 40,
      size: 5,
      fill: colour('--paper'),
    },
    // The stroke of a line is wider than the gap between two stages: widen the gap.
    gaps: (_plot, _series, _from, _to, gaps) => gaps.map(([from, to]) => [from - 2, to + 2]),
    value: (_, value) => show(value),
  });
  const showLast = (plot: uPlot): void => {
    if ((plot.cursor.idx ?? null) === null) plot.setLegend({ idx: chart.steps.length - 1 });
  };
  const stageColours = { band: colour('--band'), text: colour('--muted'), font };
  return new uPlot(
    {
      width: place.clientWidth,
      height,
      padding: [20, 24, 0, 0],
      scales: {
        x: { time: false, range: stepRange(chart, stages) },
        y: valueScale(chart),
      },
      axes: [
        { ...axis, label: 'step', labelSize: 20, size: 28, values: (_, at) => at.map(whole) },
        { ...axis, label: chart.axis, labelSize: 18, size: 52, values: (_, at) => at.map(tick) },
      ],
      series: [{ label: 'step', value: (_, step) => whole(step) }, ...chart.series.map(line)],
      legend: { markers: { width: 0, fill: markerOf } },
      cursor: {
        y: false,
        sync: { key: 'steps' },
        hover: { skip: [null] },
        points: { size: 7, fill: colourOf },
      },
      hooks: {
        drawClear: [(plot) => drawStages(plot, stages, stageColours)],
        setCursor: [showLast],
        ready: [showLast],
      },
    },
    [chart.steps, ...chart.series.map(({ values }) => values)] as uPlot.AlignedData,
    place,
  );
}

/** Show the whole run, so that all charts have the same axis, or the range that was selected by dragging. */
function stepRange({ steps }: Chart, stages: readonly StageSpan[]): uPlot.Range.Function {
  return (_, min, max) =>
    min === steps[0] && max === steps.at(-1) ? [0, stages.at(-1)!.to] : [min, max];
}

function valueScale({ range }: Chart): uPlot.Scale {
  switch (range) {
    case 'values':
      return {};
    case 'zero':
      return { range: { min: { hard: 0, soft: 0, mode: 1 }, max: { pad: 0.1 } } };
    case 'percent':
      return { range: [0, 100] };
    case 'log':
      return { distr: 3 };
  }
}

const alphaOf = ({ style }: Series): number => (style === 'faint' ? 0.45 : 1);

/** Label a tick. Some ticks of a logarithmic axis have no number. */
const tick = (value: number | null): string => (value === null ? '' : show(value));

const whole = (step: number): string => Math.floor(step).toLocaleString('en');

/** Format a number with at most four digits: 0.0021 becomes 2.1e-3. */
function show(value: number | null): string {
  if (value === null) return '–';
  if (value !== 0 && Math.abs(value) < 0.01) return Number(value.toPrecision(2)).toExponential();
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
