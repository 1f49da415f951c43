import type { Chart, StageSpan } from '../chart.ts';
import { drawChart } from './draw-chart.ts';

interface ReportData {
  readonly charts: readonly Chart[];
  readonly stages: readonly StageSpan[];
}

const data = JSON.parse(document.getElementById('report-data')!.textContent) as ReportData;
const places = [...document.querySelectorAll<HTMLElement>('.plot')];
let plots = draw();

/** A change of theme changes every colour, and a canvas gets its colours when it is made: draw again. */
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of plots) plot.destroy();
  plots = draw();
});
new ResizeObserver(() => {
  places.forEach((place, i) => {
    const { width, height } = plots[i];
    if (place.clientWidth !== width) plots[i].setSize({ width: place.clientWidth, height });
  });
}).observe(places[0] ?? document.body);

function draw() {
  return data.charts.map((chart, i) => drawChart(chart, data.stages, places[i]));
}
