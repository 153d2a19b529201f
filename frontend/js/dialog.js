// Native dialogs: data-opens="id", data-closes, data-dialog-url="…" (loaded), data-confirm="…?".
import htmx from 'htmx.org';
import { make } from './dom.js';

export function open(dialog) {
  if (dialog.open) return;
  dialog.showModal();
  dialog.querySelector('[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea)')?.focus();
}

/** Ask, and answer true or false. */
export function ask(question, { yes = '确定', red = false } = {}) {
  return new Promise((answer) => {
    const dialog = make('dialog', { className: 'confirm' });
    dialog.setAttribute('aria-label', '请确认');
    const body = make('div', { className: 'dialog-body as-written', textContent: question });
    const no = make('button', { type: 'button', className: 'button', textContent: '取消' });
    const ok = make('button', { type: 'button', className: `button is-main ${red ? 'is-red' : ''}`, textContent: yes });
    dialog.append(body, make('div', { className: 'dialog-foot' }, no, ok));
    document.body.append(dialog);
    let said = false;
    no.addEventListener('click', () => dialog.close());
    ok.addEventListener('click', () => {
      said = true;
      dialog.close();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(said);
    });
    dialog.showModal();
    ok.focus();
  });
}

function questionOf(element) {
  return [element.dataset.confirm, { yes: element.dataset.confirmYes, red: 'confirmRed' in element.dataset }];
}

async function loadInto(url) {
  let dialog = document.getElementById('dialog-loaded');
  if (!dialog) {
    dialog = make('dialog', { id: 'dialog-loaded' });
    document.body.append(dialog);
  }
  dialog.replaceChildren();
  await htmx.ajax('GET', url, { target: dialog, swap: 'innerHTML' });
  if (dialog.childElementCount) open(dialog);
}

export function startDialogs() {
  document.addEventListener('click', async (event) => {
    const at = event.target.closest('[data-opens], [data-closes], [data-dialog-url], [data-confirm]');
    if (!at || at.tagName === 'FORM') return;
    if (at.dataset.confirm && !at.confirmed) {
      if (at.matches('[hx-get], [hx-post], [hx-delete]')) return; // htmx asks below
      event.preventDefault();
      event.stopPropagation();
      if (await ask(...questionOf(at))) {
        at.confirmed = true;
        at.click();
        at.confirmed = false;
      }
      return;
    }
    if (at.dataset.opens) open(document.getElementById(at.dataset.opens));
    else if (at.dataset.dialogUrl) {
      event.preventDefault();
      loadInto(at.dataset.dialogUrl);
    } else if ('closes' in at.dataset) at.closest('dialog')?.close();
  });
  document.addEventListener(
    'submit',
    async (event) => {
      const form = event.target;
      if (!form.dataset.confirm || form.confirmed || form.matches('[hx-post]')) return;
      event.preventDefault();
      event.stopPropagation();
      if (await ask(...questionOf(form))) {
        form.confirmed = true;
        form.requestSubmit(event.submitter || undefined);
        form.confirmed = false;
      }
    },
    true,
  );
  document.addEventListener('htmx:confirm', async (event) => {
    const element = event.detail.elt;
    if (!element.dataset.confirm) return;
    event.preventDefault();
    if (await ask(...questionOf(element))) event.detail.issueRequest(true);
  });
  // The server closes the dialog by HX-Trigger: {"close-dialog": true}.
  document.addEventListener('close-dialog', () => document.querySelectorAll('dialog[open]').forEach((d) => d.close()));
  document.querySelectorAll('dialog[data-open-now]').forEach(open);
}
