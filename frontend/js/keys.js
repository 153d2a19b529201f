// Keys: data-key="alt+t" goes to a field or presses a button; "?" shows them all; "/" searches.
//
// Letters and signs are told by their place on the keyboard (event.code), so that they work while a
// Chinese input method is on and where Alt types another letter.
import { isShown, isTyping, make, remember } from './dom.js';
import { open } from './dialog.js';

const NAMES = { enter: '↵', escape: 'Esc', slash: '/', arrowup: '↑', arrowdown: '↓' };
const root = document.documentElement;

/** "Alt T" for "alt+t". */
export function spoken(key) {
  return key
    .split('+')
    .map((part) => NAMES[part] || (part.length === 1 ? part.toUpperCase() : part[0].toUpperCase() + part.slice(1)))
    .join(' ');
}

function pressed(event) {
  const { code } = event;
  const letter = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code);
  const main = letter ? letter[1].toLowerCase() : code === 'Slash' ? '/' : code === 'NumpadEnter' ? 'enter' : code.toLowerCase();
  const held = [];
  if (event.ctrlKey || event.metaKey) held.push('ctrl');
  if (event.altKey) held.push('alt');
  if (event.shiftKey) held.push('shift');
  return [...held, main].join('+');
}

function within() {
  // An open dialog is the whole world.
  return document.querySelector('dialog[open]') || document;
}

function keyed() {
  return [...within().querySelectorAll('[data-key]')].filter(isShown);
}

function press(element) {
  if (isTyping(element)) {
    element.focus();
    if (element.select && element.tagName === 'INPUT') element.select();
  } else if (element.type === 'radio') {
    // Going there chooses nothing: the arrows do, or the number of the choice (seat.js).
    (document.querySelector(`input[type=radio][name="${element.name}"]:checked`) || element).focus();
  } else if (element.matches('button, a, summary, input, label')) {
    if (element.disabled || element.getAttribute('aria-disabled') === 'true') return;
    element.focus();
    element.click();
  } else {
    const inside = element.querySelector('input:not([type=hidden]):checked') || element.querySelector('input:not([type=hidden]), select, textarea, button, a');
    inside?.focus();
  }
}

function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const legend = element.type === 'radio' && element.closest('fieldset')?.querySelector('legend');
  const label = legend || element.labels?.[0] || element;
  const words = label.cloneNode(true);
  words.querySelectorAll('kbd, .count, .must, .counter').forEach((part) => part.remove());
  return words.textContent.trim() || element.getAttribute('aria-label') || element.placeholder || '';
}

function showAll() {
  const list = make('div', { className: 'key-list' });
  const rows = keyed().map((element) => [element.dataset.key, labelOf(element)]);
  if (document.querySelector('[data-rows]')) rows.push(['j', '下一行'], ['k', '上一行'], ['x', '选中这一行'], ['o', '打开这一行']);
  rows.push(['?', '显示这张表'], ['escape', '关闭']);
  for (const [key, label] of rows) list.append(make('span', {}, make('kbd', { textContent: spoken(key) })), make('span', { textContent: label }));

  const off = root.dataset.keys === 'off';
  const flip = make('button', { type: 'button', className: 'button is-small', textContent: off ? '打开单键快捷键' : '关闭单键快捷键' });
  flip.addEventListener('click', () => {
    root.dataset.keys = off ? 'on' : 'off';
    remember('keys', root.dataset.keys);
    dialog.close();
  });
  const close = make('button', { type: 'button', className: 'close', textContent: '✕', 'aria-label': '关闭' });
  const dialog = make(
    'dialog',
    { 'aria-label': '快捷键' },
    make('div', { className: 'dialog-head' }, make('h2', { textContent: '快捷键' }), close),
    make('div', { className: 'dialog-body' }, list),
    make('div', { className: 'dialog-foot' }, flip),
  );
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  open(dialog);
}

export function startKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.defaultPrevented || event.repeat) return;
    const key = pressed(event);
    const bare = !event.ctrlKey && !event.altKey && !event.metaKey && !/^f\d+$/.test(key);
    if (bare && (isTyping(event.target) || root.dataset.keys === 'off')) return;
    if (key === 'shift+/' || event.key === '?' || event.key === '？') {
      event.preventDefault();
      showAll();
      return;
    }
    if (bare && event.target.matches?.('button, a, summary') && ['enter', 'space'].includes(key)) return;
    const element = keyed().find((candidate) => candidate.dataset.key.split(' ').includes(key));
    if (!element) return;
    event.preventDefault();
    press(element);
  });
  document.addEventListener('click', (event) => event.target.closest('[data-shows-keys]') && showAll());
}
