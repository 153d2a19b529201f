// What only some answers call for. data-when="kind=extension" on a field or a choice shows it only then
// ("a=1,2" any of them, "a=1|b=2" either, "a=1&b=2" both); data-group-by="kind" on a select keeps the group
// that is called like the chosen answer. Without scripts everything stays in sight and the server judges.
// Keys of single choices: data-key on the label. data-puts="field": puts data-text there.
import { fresh, isShown, isTyping } from './dom.js';

function valueOf(form, name) {
  const named = [...form.elements].filter((element) => element.name === name);
  const chosen = named.find((element) => ['radio', 'checkbox'].includes(element.type) && element.checked);
  if (chosen) return chosen.value;
  const plain = named.find((element) => !['radio', 'checkbox'].includes(element.type));
  return plain ? plain.value : '';
}

function holds(form, condition) {
  return condition.split('|').some((either) =>
    either.split('&').every((one) => {
      const [name, values] = one.split('=');
      return values.split(',').includes(valueOf(form, name.trim()));
    }),
  );
}

function show(element, yes) {
  element.hidden = !yes;
  const inputs = element.matches('input') ? [element] : element.querySelectorAll('input, select, textarea');
  inputs.forEach((input) => {
    if (!yes && !input.disabled) {
      input.disabled = true;
      input.wasHidden = true;
    } else if (yes && input.wasHidden) {
      input.disabled = false;
      input.wasHidden = false;
    }
  });
}

function regroup(form, select) {
  const chosen = [...form.elements].find((element) => element.name === select.dataset.groupBy && element.checked);
  const called = chosen?.closest('label')?.textContent.trim();
  for (const group of select.querySelectorAll('optgroup')) {
    const yes = !called || called.startsWith(group.label);
    group.hidden = !yes;
    group.disabled = !yes;
  }
  if (select.selectedOptions[0]?.parentElement.disabled) {
    select.value = select.querySelector('optgroup:not([disabled]) option')?.value ?? '';
  }
}

function suit(form) {
  form.querySelectorAll('[data-when]').forEach((element) => show(element, holds(form, element.dataset.when)));
  form.querySelectorAll('select[data-group-by]').forEach((select) => regroup(form, select));
}

function byKey(event) {
  if (event.isComposing || event.repeat || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  if (document.documentElement.dataset.keys === 'off') return;
  const within = document.querySelector('dialog[open]') || document;
  const key = (/^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1] ?? '').toLowerCase();
  const label = key && [...within.querySelectorAll('label[data-key]')].find((one) => one.dataset.key === key && isShown(one));
  if (!label) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // this key means this choice, wherever one stands
  const input = label.querySelector('input');
  input.focus();
  input.click();
}

function put(button) {
  const form = button.closest('form') || document.querySelector('main form[method=post]');
  const field = form?.elements[button.dataset.puts];
  if (!field) return;
  const from = field.selectionStart ?? field.value.length;
  const before = field.value.slice(0, from);
  field.setRangeText((before && !before.endsWith('\n') ? '\n' : '') + button.dataset.text, from, field.selectionEnd ?? from, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
}

export function startChoices(root) {
  if (root === document) {
    document.addEventListener('change', (event) => event.target.form && suit(event.target.form));
    document.addEventListener('keydown', byKey, true);
    document.addEventListener('click', (event) => {
      const button = event.target.closest('[data-puts]');
      if (button) put(button);
    });
  }
  const forms = fresh(root, '[data-when], select[data-group-by]', 'When').map((element) => element.closest('form'));
  new Set(forms).forEach((form) => form && suit(form));
}
