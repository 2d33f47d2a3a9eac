// Starts the islands of a page: <script data-module data-wasm> names the two files of the browser half. Waits until
// the browser is idle. If anything fails, the page says so and the plain forms keep working.
const tag = document.querySelector('script[data-wasm]');

async function hydrate(node, browser, parents) {
  let below = parents;
  if (node.localName === 'leptos-island') {
    const start = browser[node.dataset.component];
    if (!start) throw new Error(`no island ${node.dataset.component}`);
    // The owner of the nearest outer island, for an island inside of another one's children.
    const owner = parents[parents.length - 1];
    if (owner) owner();
    await start(node);
    node.dataset.ready = '';
  } else if (node.localName === 'leptos-children') {
    below = [...parents, node.$$on_hydrate];
  }
  for (const child of node.children) await hydrate(child, browser, below);
}

function giveUp(error) {
  console.error(error);
  for (const island of document.querySelectorAll('leptos-island:not([data-ready])')) {
    island.dataset.ready = '';
    for (const part of island.querySelectorAll('.needs-script')) part.hidden = true;
    for (const part of island.querySelectorAll('.without-script')) part.classList.remove('without-script');
  }
  const notice = document.createElement('p');
  notice.className = 'notice notice--warning';
  notice.setAttribute('role', 'status');
  const again = document.createElement('a');
  again.href = location.href;
  again.textContent = 'Muat ulang';
  notice.append('Hitungan langsung belum termuat. Formulir ini tetap bisa dipakai. ', again);
  document.querySelector('main').prepend(notice);
}

async function start() {
  const browser = await import(tag.dataset.module);
  await browser.default({ module_or_path: tag.dataset.wasm });
  browser.hydrate();
  await hydrate(document.body, browser, []);
}

const begin = () => start().catch(giveUp);
if ('requestIdleCallback' in window) window.requestIdleCallback(begin, { timeout: 2000 });
else begin();
