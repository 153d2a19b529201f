// ECharts, loaded only where a page has <div data-chart="id-of-json">. Colours come from the tokens.
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { DatasetComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { fresh } from './dom.js';

echarts.use([BarChart, LineChart, PieChart, DatasetComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function axis(given) {
  const quiet = { axisLine: { lineStyle: { color: token('line-2') } }, axisTick: { show: false }, axisLabel: { color: token('ink-3') }, splitLine: { lineStyle: { color: token('line') } } };
  return given && [].concat(given).map((one) => ({ ...quiet, ...one }));
}

function dressed(option) {
  const words = { fontFamily: token('font'), color: token('ink-2'), fontSize: 12 };
  return {
    color: [1, 2, 3, 4, 5].map((n) => token(`series-${n}`)),
    textStyle: words,
    aria: { enabled: true },
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    grid: { left: 4, right: 8, top: option.legend ? 36 : 12, bottom: 4, containLabel: true },
    ...option,
    ...(option.legend && { legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: words, ...option.legend } }),
    ...(option.xAxis && { xAxis: axis(option.xAxis) }),
    ...(option.yAxis && { yAxis: axis(option.yAxis) }),
    // Rich text, because markup with inline styles is against the content policy.
    tooltip: { trigger: 'axis', renderMode: 'richText', backgroundColor: token('surface'), borderColor: token('line-2'), textStyle: { ...words, color: token('ink') }, ...option.tooltip },
  };
}

export function draw(root) {
  fresh(root, '[data-chart]', 'Chart').forEach((box) => {
    const option = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const chart = echarts.init(box, null, { renderer: 'svg' });
    const paint = () => chart.setOption(dressed(option), true);
    paint();
    new ResizeObserver(() => chart.resize()).observe(box);
    new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  });
}
