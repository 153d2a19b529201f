// The frame around the page: navigation on a phone, menus, light and dark, large print.
import { remember } from './dom.js';

const root = document.documentElement;

export function showTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.querySelectorAll('[data-theme-switch]').forEach((button) => {
    button.textContent = dark ? '浅色' : '深色';
  });
  return dark;
}

export function startShell() {
  showTheme();
  document.addEventListener('click', (event) => {
    const { target } = event;
    document.querySelectorAll('details.menu[open]').forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
    if (target.closest('[data-theme-switch]')) {
      root.dataset.theme = showTheme() ? 'light' : 'dark';
      remember('theme', root.dataset.theme);
      showTheme();
    }
    const print = target.closest('[data-print-switch]');
    if (print) {
      const large = root.dataset.print !== 'large';
      if (large) root.dataset.print = 'large';
      else delete root.dataset.print;
      remember('print', large ? 'large' : '');
      print.setAttribute('aria-pressed', String(large));
    }
    if (target.closest('[data-nav-switch]')) {
      const desk = document.querySelector('.desk');
      const now = desk.classList.toggle('is-nav-open');
      desk.querySelectorAll('[data-nav-switch]').forEach((button) => button.setAttribute('aria-expanded', String(now)));
      if (now) desk.querySelector('.desk-nav a')?.focus();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const menu = document.querySelector('details.menu[open]');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
    document.querySelector('.desk.is-nav-open')?.classList.remove('is-nav-open');
  });
}
