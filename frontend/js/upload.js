// Files are looked at before they travel: size, kind, number. The server looks again.
import { fresh, make } from './dom.js';
import { say } from './toast.js';

function sizeWords(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function startUpload(box) {
  const input = box.querySelector('input[type=file]');
  const list = box.querySelector('.files');
  const most = Number(box.dataset.maxMb || 20) * 1024 * 1024;
  const many = Number(box.dataset.maxFiles || 9);
  let kept = [];

  const allowed = (file) => {
    const kinds = (input.accept || '').split(',').map((kind) => kind.trim().toLowerCase()).filter(Boolean);
    const name = file.name.toLowerCase();
    return !kinds.length || kinds.some((kind) => (kind.startsWith('.') ? name.endsWith(kind) : kind.endsWith('/*') ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind));
  };

  const show = () => {
    const files = new DataTransfer();
    kept.forEach((file) => files.items.add(file));
    input.files = files.files;
    list.replaceChildren(
      ...kept.map((file) => {
        const off = make('button', { type: 'button', className: 'close', textContent: '移除', 'aria-label': `移除 ${file.name}` });
        off.addEventListener('click', () => {
          kept = kept.filter((other) => other !== file);
          show();
        });
        return make('li', {}, make('span', { className: 'name', textContent: file.name }), make('span', { className: 'note', textContent: sizeWords(file.size) }), make('span', { className: 'end' }, off));
      }),
    );
  };

  const add = (files) => {
    for (const file of files) {
      if (!allowed(file)) say(`“${file.name}”不是可以上传的类型。`, 'red');
      else if (file.size > most) say(`“${file.name}”有 ${sizeWords(file.size)}，超过 ${box.dataset.maxMb || 20} MB，请压缩后再传。`, 'red');
      else if (file.size === 0) say(`“${file.name}”是空文件。`, 'red');
      else if (kept.length >= many) say(`最多上传 ${many} 个文件。`, 'red');
      else if (!kept.some((other) => other.name === file.name && other.size === file.size)) kept.push(file);
    }
    show();
  };

  input.addEventListener('change', () => {
    const files = [...input.files];
    if (!input.multiple) kept = [];
    add(files);
  });
  box.addEventListener('dragover', (event) => {
    event.preventDefault();
    box.classList.add('is-over');
  });
  box.addEventListener('dragleave', () => box.classList.remove('is-over'));
  box.addEventListener('drop', (event) => {
    event.preventDefault();
    box.classList.remove('is-over');
    add([...event.dataTransfer.files]);
  });
}

export function startUploads(root) {
  fresh(root, '[data-upload]', 'Upload').forEach(startUpload);
}
