// Forms: no double sending, counted characters, the first error in sight, restored text.
import { fresh, make } from './dom.js';

function busy(form, submitter) {
  const button = submitter || form.querySelector('button:not([type=button])');
  button?.classList.add('is-busy');
  form.sent = true;
}

function idle(form) {
  form.sent = false;
  form.querySelectorAll('.is-busy').forEach((button) => button.classList.remove('is-busy'));
}

function count(field) {
  const counter = document.querySelector(`[data-counts="${field.id}"]`);
  if (!counter) return;
  const limit = Number(counter.dataset.limit || 0);
  const least = Number(counter.dataset.least || 0);
  const show = () => {
    const used = [...field.value.trim()].length;
    counter.textContent = limit ? `${used} / ${limit}` : `${used} 字`;
    if (least && used < least) counter.textContent += `，至少 ${least} 字`;
    counter.classList.toggle('is-red', Boolean(limit && used > limit));
  };
  field.addEventListener('input', show);
  show();
}

/** Put back what was typed before the session ran out (web/account/restore.py). */
function restore() {
  const data = document.getElementById('restored-form');
  if (!data) return;
  const { action, fields } = JSON.parse(data.textContent);
  const forms = [...document.querySelectorAll('form')].filter((form) => (form.getAttribute('method') || '').toLowerCase() === 'post' || form.matches('[hx-post]'));
  const path = (form) => new URL(form.getAttribute('hx-post') || form.getAttribute('action') || location.pathname, location.href).pathname;
  const form = forms.find((candidate) => path(candidate) === action) || forms.find((candidate) => Object.keys(fields).every((name) => candidate.elements[name]));
  const notice = document.getElementById('restored-notice');
  if (!form) {
    // The form is gone from this page: show the words, so that nothing typed is lost.
    const list = make('dl', { className: 'facts' });
    for (const [name, values] of Object.entries(fields)) list.append(make('dt', { textContent: name }), make('dd', { className: 'as-written', textContent: values.join('\n') }));
    notice?.append(list);
    return;
  }
  fill(form, fields);
  const dialog = form.closest('dialog');
  if (dialog && !dialog.open) dialog.showModal();
}

/** Set a form's fields from {name: [values]}; comboboxes show their words again. */
export function fill(form, fields) {
  // The local questions come when area and class are set: answer them then.
  const later = Object.fromEntries(Object.entries(fields).filter(([name]) => name.startsWith('local_') && !form.elements[name]));
  if (Object.keys(later).length) form.addEventListener('htmx:afterSettle', () => fill(form, later), { once: true });
  for (const [name, values] of Object.entries(fields)) {
    const named = [...form.elements].filter((element) => element.name === name && element.tagName !== 'BUTTON');
    named.forEach((element, at) => {
      if (element.type === 'checkbox' || element.type === 'radio') element.checked = values.includes(element.value);
      else if (element.multiple && element.options) [...element.options].forEach((option) => { option.selected = values.includes(option.value); });
      else if (element.type !== 'file' && !(element.type === 'hidden' && ['csrfmiddlewaretoken', 'version', 'idempotency_key'].includes(name))) element.value = values[at] ?? values[0] ?? '';
      const box = element.closest('[data-combobox]');
      if (box && element.type === 'hidden') {
        const label = fields[`${name}_label`]?.[0] || element.value;
        box.dispatchEvent(new CustomEvent('combobox:set', { detail: { value: element.value, label } }));
      } else element.dispatchEvent(new Event('input', { bubbles: true }));
    });
  }
}

export function startForms(root) {
  fresh(root, 'textarea, input', 'Counter').forEach(count);
  if (root === document) {
    document.addEventListener('submit', (event) => {
      const form = event.target;
      if (event.defaultPrevented || form.matches('[hx-post], [hx-get]') || form.method !== 'post') return;
      if (form.sent) event.preventDefault();
      else busy(form, event.submitter);
    });
    document.addEventListener('htmx:beforeRequest', (event) => {
      const form = event.detail.elt;
      if (form.tagName !== 'FORM' || event.detail.requestConfig.verb === 'get') return;
      if (form.sent) event.preventDefault();
      else busy(form, event.detail.requestConfig.triggeringEvent?.submitter);
    });
    document.addEventListener('htmx:afterRequest', (event) => event.detail.elt.tagName === 'FORM' && idle(event.detail.elt));
    window.addEventListener('pageshow', () => document.querySelectorAll('form').forEach(idle));
    // Choosing may be enough: <select data-submits>.
    document.addEventListener('change', (event) => event.target.closest('[data-submits]')?.form?.requestSubmit());
    document.addEventListener('click', (event) => {
      if (event.target.closest('[data-prints]')) window.print();
    });
    restore();
  }
  const wrong = root.querySelector('[aria-invalid="true"], fieldset.field:has(> .field-error) input');
  if (wrong && wrong.type !== 'hidden') wrong.focus();
}

/** <button data-sets="field" data-value="v">: puts v into that field of the page's form; again takes it out. */
export function startSetters() {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-sets]');
    if (!button) return;
    const field = document.querySelector(`[name="${button.dataset.sets}"]`);
    if (!field) return;
    const on = field.value !== button.dataset.value;
    field.value = on ? button.dataset.value : '';
    document.querySelectorAll(`[data-sets="${button.dataset.sets}"]`).forEach((other) => other.setAttribute('aria-pressed', String(on && other === button)));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
