// Lists of orders: choose several, walk by j and k, open by o, mark by x.
import { fresh, isTyping } from './dom.js';

function startTable(frame) {
  const boxes = () => [...frame.querySelectorAll('tbody .pick input')];
  const all = frame.querySelector('thead .pick input');
  let last = null;

  const show = () => {
    const picked = boxes().filter((box) => box.checked);
    boxes().forEach((box) => box.closest('tr').classList.toggle('is-marked', box.checked));
    if (all) {
      all.checked = picked.length > 0 && picked.length === boxes().length;
      all.indeterminate = picked.length > 0 && !all.checked;
    }
    const words = frame.querySelector('[data-picked]');
    if (words) words.textContent = `已选 ${picked.length} 件`;
    frame.querySelectorAll('[data-bulk]').forEach((button) => {
      button.disabled = picked.length === 0;
    });
  };

  frame.addEventListener('click', (event) => {
    const box = event.target.closest('tbody .pick input');
    if (!box) return;
    if (event.shiftKey && last) {
      const list = boxes();
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      list.slice(from, to + 1).forEach((between) => {
        between.checked = box.checked;
      });
    }
    last = box;
  });
  frame.addEventListener('change', (event) => {
    if (event.target === all) boxes().forEach((box) => { box.checked = all.checked; });
    if (event.target.closest('.pick')) show();
  });
  show();
}

function walk(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  if (document.documentElement.dataset.keys === 'off' || document.querySelector('dialog[open]')) return;
  const rows = [...document.querySelectorAll('[data-rows] tbody tr')];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains('is-here'));
  const go = (to) => {
    if (!rows[to]) return;
    rows[at]?.classList.remove('is-here');
    rows[to].classList.add('is-here');
    rows[to].querySelector('a')?.focus({ preventScroll: true });
    rows[to].scrollIntoView({ block: 'nearest' });
  };
  if (event.code === 'KeyJ') go(at + 1);
  else if (event.code === 'KeyK') go(Math.max(at - 1, 0));
  else if (event.code === 'KeyX' && at >= 0) rows[at].querySelector('.pick input')?.click();
  else if (event.code === 'KeyO' && at >= 0) rows[at].querySelector('a')?.click();
  else return;
  event.preventDefault();
}

export function startTables(root) {
  if (root === document) document.addEventListener('keydown', walk);
  fresh(root, '[data-rows]', 'Table').forEach(startTable);
}
