// Type, choose with ↑ ↓ ↵, leave with Esc. The list comes as HTML from data-url (components/options.html).
import { fresh } from './dom.js';
import { signedOut } from './session.js';

const WAIT_MS = 120;

class Combobox {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector('[role=combobox]');
    this.hidden = box.querySelector('input[type=hidden]');
    this.list = box.querySelector('[role=listbox]');
    this.clearer = box.querySelector('.clear');
    this.label = this.input.value;
    this.timer = 0;
    this.asked = null;

    this.input.addEventListener('input', (event) => {
      if (!event.isComposing) this.search();
    });
    this.input.addEventListener('compositionend', () => this.search());
    this.input.addEventListener('click', () => this.list.hidden && this.search(0));
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.addEventListener('blur', () => setTimeout(() => this.leave(), 150));
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
    this.list.addEventListener('click', (event) => this.take(event.target.closest('[role=option]')));
    this.clearer?.addEventListener('click', () => {
      this.set('', '');
      this.input.focus();
    });
    box.addEventListener('combobox:set', (event) => this.set(event.detail.value, event.detail.label));
    this.showClearer();
  }

  search(wait = WAIT_MS) {
    clearTimeout(this.timer);
    const words = this.input.value === this.label ? '' : this.input.value.trim();
    if (words.length < Number(this.box.dataset.min || 0)) return this.close();
    this.timer = setTimeout(() => this.fetch(words), wait);
  }

  async fetch(words) {
    this.asked?.abort();
    this.asked = new AbortController();
    const url = new URL(this.box.dataset.url, location.href);
    url.searchParams.set('q', words);
    for (const selector of (this.box.dataset.include || '').split(',').filter(Boolean)) {
      const other = document.querySelector(selector);
      if (other) url.searchParams.set(other.name || other.id, other.value);
    }
    try {
      const answer = await fetch(url, { signal: this.asked.signal, headers: { 'HX-Request': 'true' } });
      if (signedOut(answer)) return;
      if (!answer.ok) throw new Error(answer.statusText);
      this.list.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.list.replaceChildren(Object.assign(document.createElement('li'), { className: 'none', textContent: '查不到，请稍后再试。' }));
    }
    this.options().forEach((option, at) => {
      option.id = `${this.list.id}-${at}`;
    });
    this.open();
    this.mark(this.options().find((option) => !option.hasAttribute('aria-disabled')));
  }

  options() {
    return [...this.list.querySelectorAll('[role=option]')];
  }

  marked() {
    return this.list.querySelector('[aria-selected=true]');
  }

  mark(option) {
    this.marked()?.setAttribute('aria-selected', 'false');
    if (!option) return this.input.removeAttribute('aria-activedescendant');
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', option.id);
  }

  step(by) {
    const open = this.options().filter((option) => option.getAttribute('aria-disabled') !== 'true');
    if (!open.length) return;
    this.mark(open[(open.indexOf(this.marked()) + by + open.length) % open.length]);
  }

  key(event) {
    if (event.isComposing) return;
    const shut = this.list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (shut) this.search(0);
      else this.step(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      // Enter never sends the form from here: it takes what is marked, or opens the list.
      event.preventDefault();
      if (shut) this.search(0);
      else this.take(this.marked());
    } else if (event.key === 'Escape' && !shut) {
      event.preventDefault();
      event.stopPropagation();
      this.input.value = this.label;
      this.close();
    } else if (event.key === 'Tab' && !shut && this.marked() && this.input.value !== this.label) {
      this.take(this.marked());
    }
  }

  take(option) {
    if (!option || option.getAttribute('aria-disabled') === 'true') return;
    this.set(option.dataset.value, option.dataset.label || option.textContent.trim(), option);
  }

  set(value, label, option = null) {
    this.hidden.value = value;
    this.input.value = label;
    this.label = label;
    this.close();
    this.showClearer();
    this.hidden.dispatchEvent(new Event('change', { bubbles: true }));
    this.box.dispatchEvent(new CustomEvent('picked', { bubbles: true, detail: { value, label, option } }));
  }

  leave() {
    if (this.box.contains(document.activeElement)) return;
    this.close();
    if (this.input.value.trim() === '' && this.hidden.value) this.set('', '');
    else if (this.input.value !== this.label) {
      if ('free' in this.box.dataset) this.set(this.input.value.trim(), this.input.value.trim());
      else this.input.value = this.label;
    }
  }

  showClearer() {
    if (this.clearer) this.clearer.hidden = !this.hidden.value;
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }
}

export function startCombobox(root) {
  fresh(root, '[data-combobox]', 'Combobox').forEach((box) => new Combobox(box));
}
