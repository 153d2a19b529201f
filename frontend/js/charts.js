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

export function draw(root) {
  fresh(root, '[data-chart]', 'Chart').forEach((box) => {
    const option = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const chart = echarts.init(box, null, { renderer: 'svg' });
    const paint = () =>
      chart.setOption({
        color: [token('accent'), token('green'), token('amber'), token('red'), token('grey')],
        textStyle: { fontFamily: token('font'), color: token('ink-2') },
        aria: { enabled: true },
        animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
        ...option,
        // Rich text, because markup with inline styles is against the content policy.
        tooltip: { trigger: 'axis', renderMode: 'richText', ...option.tooltip },
      });
    paint();
    new ResizeObserver(() => chart.resize()).observe(box);
    new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  });
}
