// The session ran out while the page stood open: nothing typed may be lost.
//
// A request made in the background answers 401 with where to sign in (web/doors.py). Nothing typed:
// go there. Something typed: stay, and let the person sign in beside this page. The form's token is
// taken anew from the cookie when it is sent, so that it goes through after that.
import { make } from './dom.js';

let typed = false;
let said = false;

function signIn(url) {
  if (!typed) {
    location.assign(url);
    return;
  }
  if (said) return;
  said = true;
  const here = new URL(url, location.href);
  here.searchParams.set('next', '/account/signed-in/');
  const link = make('a', { href: here.href, target: '_blank', rel: 'opener', textContent: '在新窗口登录' });
  const close = make('button', { type: 'button', className: 'close', textContent: '✕', 'aria-label': '关闭提示' });
  const words = make('span', {}, '登录已超时，您填写的内容还在。请', link, '，再回到这里继续。');
  const toast = make('div', { className: 'toast is-red', role: 'alert' }, words, close);
  close.addEventListener('click', () => {
    toast.remove();
    said = false;
  });
  document.getElementById('toasts')?.append(toast);
}

/** Look at the answer of a fetch of ours; true when it says that nobody is signed in. */
export function signedOut(answer) {
  if (answer.status !== 401) return false;
  signIn(answer.headers.get('X-Sign-In') || '/account/sign-in/');
  return true;
}

/** The token that the server expects now; another tab may have signed in since this page was drawn. */
export function csrfToken() {
  const cookie = document.cookie.split('; ').find((pair) => pair.startsWith('csrftoken='));
  return cookie ? cookie.slice('csrftoken='.length) : document.querySelector('meta[name="csrf-token"]')?.content || '';
}

export function startSession() {
  document.addEventListener('input', (event) => {
    const form = event.target.form;
    if (form && (form.method === 'post' || form.hasAttribute('hx-post'))) typed = true;
  });
  document.addEventListener(
    'submit',
    (event) => {
      const field = event.target.querySelector('input[name=csrfmiddlewaretoken]');
      if (field) field.value = csrfToken();
    },
    true,
  );
  // Sent is what the server has taken: until then an answer in the background may not move the page,
  // or it would break off the very form that is under way.
  document.addEventListener('htmx:afterRequest', (event) => {
    if (event.detail.successful && event.target.matches('form')) typed = false;
  });
  document.addEventListener('htmx:beforeOnLoad', (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 401) signIn(xhr.getResponseHeader('X-Sign-In') || '/account/sign-in/');
  });
}
