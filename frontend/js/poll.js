// Keep a piece fresh: data-poll-url + data-poll-seconds. Rests while the tab is hidden, and never
// replaces a piece in which someone is working. data-poll-kind="counts" sets numbers by name.
import htmx from 'htmx.org';
import { fresh } from './dom.js';
import { signedOut } from './session.js';

const BACKGROUND = { 'X-Background': '1' }; // not a person's doing: it keeps no session alive

function setCounts(counts) {
  for (const [name, { text, red }] of Object.entries(counts)) {
    document.querySelectorAll(`[data-count="${name}"]`).forEach((element) => {
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle('is-red', Boolean(red));
      element.classList.toggle('is-none', text === '' || text === '0');
    });
  }
}

async function refresh(element) {
  if (element.dataset.pollKind === 'counts') {
    const answer = await fetch(element.dataset.pollUrl, { headers: { 'HX-Request': 'true', ...BACKGROUND } });
    if (signedOut(answer)) return false;
    if (answer.ok && answer.headers.get('Content-Type')?.startsWith('application/json')) setCounts(await answer.json());
    return answer.ok;
  }
  const used = element.contains(document.activeElement) || element.querySelector('details[open], dialog[open]');
  if (!used) await htmx.ajax('GET', element.dataset.pollUrl, { source: element, target: element, swap: 'innerHTML', headers: BACKGROUND });
  return true;
}

export function startPolling(root) {
  fresh(root, '[data-poll-url]', 'Poll').forEach((element) => {
    const every = Math.max(5, Number(element.dataset.pollSeconds || 30)) * 1000;
    let due = Date.now() + every;
    let failures = 0;
    const look = async () => {
      if (!element.isConnected) return clearInterval(timer);
      if (document.hidden || Date.now() < due) return;
      due = Number.MAX_SAFE_INTEGER;
      try {
        failures = (await refresh(element)) ? 0 : failures + 1;
      } catch {
        failures += 1;
      }
      // Spread the crowd by a tenth; step back when the server is unwell.
      due = Date.now() + every * (1 + Math.random() / 10) * 2 ** Math.min(failures, 4);
    };
    const timer = setInterval(look, 1000);
    document.addEventListener('visibilitychange', look);
    if ('pollNow' in element.dataset) {
      due = 0;
      look();
    }
  });
}
