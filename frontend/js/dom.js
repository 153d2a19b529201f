// Small helpers for reading the page.

/** Every match in `root`, `root` itself included, that `mark` has not been through before. */
export function fresh(root, selector, mark) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches && root.matches(selector)) found.unshift(root);
  return found.filter((element) => {
    const flag = `started${mark}`;
    if (element[flag]) return false;
    element[flag] = true;
    return true;
  });
}

/** A new element with properties and children; text is always text, never markup. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Remember a choice for a year; the server reads it when it draws the next page. */
export function remember(name, value) {
  const secure = location.protocol === 'https:' ? '; secure' : '';
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
}

/** Whether someone is typing there, so that single letters are theirs. */
export function isTyping(element) {
  return (
    element.isContentEditable ||
    element.tagName === 'TEXTAREA' ||
    element.tagName === 'SELECT' ||
    (element.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit'].includes(element.type))
  );
}

/** Whether a person can see it now. */
export function isShown(element) {
  return element.getClientRects().length > 0;
}
