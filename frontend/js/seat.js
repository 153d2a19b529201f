// The seat: take a suggestion, put a phrase where one writes, choose by number, copy a number.
//
// data-picks="category_code" data-value data-label: sets that picker.
// data-fills="address" data-fill: puts that into a field.
// data-inserts="/url/": the server fills the phrase from the form; it goes in at the cursor.
import { say } from './toast.js';

let writing = null; // the text last written in

function intoText(field, words) {
  const from = field.selectionStart ?? field.value.length;
  const before = field.value.slice(0, from);
  const gap = before && !before.endsWith('\n') ? '\n' : '';
  field.setRangeText(gap + words, from, field.selectionEnd ?? from, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
  const blank = field.value.indexOf('＿＿＿', from);
  if (blank >= 0) field.setSelectionRange(blank, blank + 3); // the first thing still to be said
}

async function insert(button) {
  const dialog = document.querySelector('dialog[open]');
  const form = document.getElementById(button.dataset.of || 'intake');
  const field = dialog ? dialog.querySelector('textarea') : writing?.isConnected && writing.form === form && !writing.closest('dialog') ? writing : form?.querySelector('textarea');
  if (!field) return;
  const said = new FormData(form);
  [...said.keys()].filter((name) => said.get(name) instanceof File).forEach((name) => said.delete(name));
  try {
    const answer = await fetch(button.dataset.inserts, { method: 'POST', body: said, headers: { 'HX-Request': 'true' } });
    if (!answer.ok) throw new Error(answer.statusText);
    intoText(field, await answer.text());
  } catch {
    say('话术没有取到，请稍后再试。', 'red');
    field.focus();
  }
}

function pick(button) {
  const hidden = document.querySelector(`[data-combobox] input[type=hidden][name="${button.dataset.picks}"]`);
  const box = hidden?.closest('[data-combobox]');
  if (!box) return;
  box.dispatchEvent(new CustomEvent('combobox:set', { detail: { value: button.dataset.value, label: button.dataset.label } }));
  box.querySelector('[role=combobox]').focus();
}

function fill(button) {
  const field = document.querySelector(`[name="${button.dataset.fills}"]`);
  if (!field) return;
  field.value = button.dataset.fill;
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

export function startSeat() {
  document.addEventListener('focusin', (event) => {
    if (event.target.tagName === 'TEXTAREA') writing = event.target;
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-picks], [data-fills], [data-inserts]');
    if (!button) return;
    if (button.dataset.fills) fill(button);
    if (button.dataset.picks) pick(button);
    else if (button.dataset.inserts) insert(button);
  });
  // 1 to 9 choose among joined buttons: Alt T, then 3.
  document.addEventListener('keydown', (event) => {
    const at = event.target;
    if (at.type !== 'radio' || event.altKey || event.ctrlKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
    const choice = at.closest('.segmented')?.querySelectorAll('input[type=radio]')[Number(event.key) - 1];
    if (!choice) return;
    event.preventDefault();
    choice.focus();
    choice.click();
  });
}
