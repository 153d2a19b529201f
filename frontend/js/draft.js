// A form's draft saves itself: <form data-draft="key" [data-draft-url="…"]>.
//
// With a URL the server keeps it (and the tab, until it has arrived); without one this browser does,
// for half a day, under the person's own key; data-draft-tab: only this tab, until it is closed. Signing out wipes all; signing in wipes what another person left.
import { fresh, make } from './dom.js';
import { fill } from './forms.js';
import { csrfToken, signedOut } from './session.js';

const PREFIX = 'draft:';
const LIFE_MS = 12 * 3600 * 1000;
const SKIP = new Set(['csrfmiddlewaretoken', 'version', 'idempotency_key', 'password']);

function who() {
  return document.documentElement.dataset.user || '';
}

function read(form) {
  const fields = {};
  for (const element of form.elements) {
    if (!element.name || element.tagName === 'BUTTON' || SKIP.has(element.name) || element.type === 'file' || element.type === 'password' || element.closest('[data-draft-skip]')) continue;
    if ((element.type === 'checkbox' || element.type === 'radio') && !element.checked) continue;
    (fields[element.name] ||= []).push(element.value);
  }
  return fields;
}

function agoWords(ms) {
  const s = Math.round(ms / 1000);
  return s < 5 ? '刚刚' : s < 60 ? `${s} 秒前` : s < 3600 ? `${Math.round(s / 60)} 分钟前` : `${Math.round(s / 3600)} 小时前`;
}

class Draft {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.draftUrl || '';
    this.store = this.url || 'draftTab' in form.dataset ? sessionStorage : localStorage;
    this.name = `${PREFIX}${who()}:${form.dataset.draft}`;
    this.state = form.querySelector('[data-draft-state]') || document.querySelector('[data-draft-state]');
    this.savedAt = 0;
    this.timer = 0;
    // Fields may stand outside the form (form="…"), in dialogs for instance.
    for (const kind of ['input', 'change']) {
      document.addEventListener(kind, (event) => event.target.form === form && this.soon());
    }
    form.addEventListener('submit', () => {
      clearTimeout(this.timer); // or leaving the page would keep what has just been sent
      this.timer = 0;
      sessionStorage.setItem(`${PREFIX}sent`, this.name);
    });
    form.addEventListener('draft:clear', () => this.forget());
    this.offer();
    setInterval(() => this.show(), 10000);
    window.addEventListener('pagehide', () => this.timer && this.save());
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 1500);
  }

  save() {
    clearTimeout(this.timer);
    this.timer = 0;
    const fields = read(this.form);
    try {
      this.store.setItem(this.name, JSON.stringify({ at: Date.now(), fields }));
    } catch {
      // storage full or forbidden: the server's copy, if any, still counts
    }
    if (this.url) {
      const body = new FormData();
      body.append('key', this.form.dataset.draft);
      body.append('fields', JSON.stringify(fields));
      fetch(this.url, { method: 'POST', body, keepalive: true, headers: { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true', 'X-Draft': '1' } })
        .then((answer) => {
          signedOut(answer);
          if (!answer.ok) throw new Error(answer.statusText);
          this.savedAt = Date.now();
          this.show();
        })
        .catch(() => this.state && (this.state.textContent = '草稿暂存在本机，网络恢复后再存'));
    } else {
      this.savedAt = Date.now();
      this.show();
    }
  }

  show() {
    if (this.state && this.savedAt) this.state.textContent = `草稿 ${agoWords(Date.now() - this.savedAt)}已存`;
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.store.removeItem(this.name);
    this.savedAt = 0;
    if (this.state) this.state.textContent = '';
  }

  offer() {
    const kept = JSON.parse(this.store.getItem(this.name) || 'null');
    if (!kept) return;
    const wrong = this.form.querySelector('[aria-invalid="true"], .form-errors');
    if (sessionStorage.getItem(`${PREFIX}sent`) === this.name) {
      sessionStorage.removeItem(`${PREFIX}sent`);
      if (!wrong) return this.forget(); // it went through
    }
    if (wrong || Date.now() - kept.at > LIFE_MS || document.getElementById('restored-form')) return;
    if (JSON.stringify(kept.fields) === JSON.stringify(read(this.form))) return;
    const use = make('button', { type: 'button', className: 'button is-small', textContent: '恢复' });
    const drop = make('button', { type: 'button', className: 'button is-small', textContent: '丢弃' });
    const notice = make('div', { className: 'notice' }, make('span', { textContent: `有一份${agoWords(Date.now() - kept.at)}没有提交的草稿。 ` }), use, ' ', drop);
    use.addEventListener('click', () => {
      fill(this.form, kept.fields);
      notice.remove();
    });
    drop.addEventListener('click', () => {
      this.forget();
      notice.remove();
    });
    this.form.prepend(notice);
  }
}

/** What others left in this browser goes when somebody signs in; all of it when they sign out. */
function wipe(keep) {
  for (const store of [localStorage, sessionStorage]) {
    Object.keys(store)
      .filter((name) => name.startsWith(PREFIX) && name !== `${PREFIX}sent` && !(keep && name.startsWith(keep)))
      .forEach((name) => store.removeItem(name));
  }
}

export function startDrafts(root) {
  if (root === document) {
    if (who()) wipe(`${PREFIX}${who()}:`);
    document.addEventListener('submit', (event) => event.target.matches('[data-wipes-drafts]') && wipe(''));
    const sent = sessionStorage.getItem(`${PREFIX}sent`);
    if (sent && ![...document.querySelectorAll('[data-draft]')].some((form) => `${PREFIX}${who()}:${form.dataset.draft}` === sent)) {
      localStorage.removeItem(sent);
      sessionStorage.removeItem(sent);
      sessionStorage.removeItem(`${PREFIX}sent`);
    }
  }
  fresh(root, 'form[data-draft]', 'Draft').forEach((form) => new Draft(form));
}
