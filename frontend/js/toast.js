// Short messages at the foot of the page. Good news goes by itself; a refusal stays until closed.
import { make } from './dom.js';

const GOOD_NEWS_MS = 6000;

export function say(text, tone = '') {
  const box = document.getElementById('toasts');
  if (!box) return;
  const toast = make('div', { className: `toast ${tone ? `is-${tone}` : ''}` }, make('span', { textContent: text }));
  toast.setAttribute('role', tone === 'red' ? 'alert' : 'status');
  toast.append(make('button', { type: 'button', className: 'close', textContent: '✕', 'aria-label': '关闭提示' }));
  box.append(toast);
  settle(toast);
}

function settle(toast) {
  toast.querySelector('.close')?.addEventListener('click', () => toast.remove());
  if (toast.classList.contains('is-red') || toast.classList.contains('is-amber')) return;
  let timer = 0;
  const leave = () => {
    timer = setTimeout(() => toast.remove(), GOOD_NEWS_MS);
  };
  toast.addEventListener('mouseenter', () => clearTimeout(timer));
  toast.addEventListener('mouseleave', leave);
  leave();
}

export function startToasts() {
  document.querySelectorAll('#toasts .toast').forEach(settle);
  // The server sends HX-Trigger: {"toast": {"text": …, "tone": …}} (web/doors.py).
  document.addEventListener('toast', (event) => say(event.detail.text, event.detail.tone));
  document.addEventListener('htmx:sendError', () => say('网络不通，没有提交成功。请检查网络后重试，填写的内容还在。', 'red'));
  document.addEventListener('htmx:timeout', () => say('等待超时，请稍后重试。填写的内容还在。', 'red'));
  document.addEventListener('htmx:responseError', (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 401 || xhr.getResponseHeader('HX-Trigger')) return; // said already
    say(xhr.status >= 500 ? '系统出错，已经记录。请稍后重试。' : '没有成功，请刷新页面后重试。', 'red');
  });
}
