// The page over log.json, blocks and entries (docs/design/ledger.md, "Where things are"). Everything shown is set as text, never as
// markup: entries and names come from others.
'use strict';

const PAGE = 20;
const view = document.getElementById('view');

const kinds = {
  event: 'event of an entity',
  block: 'block header',
  rotation: 'key rotation',
  beginning: 'beginning of the log',
  foreign: 'checkpoint of another log',
};

const names = {
  index: 'Entry', kind: 'Kind', at: 'Time', hash: 'Hash', entityTag: "Entity's pseudonym", sequenceNr: "Entity's event number",
  previousEntry: "Entity's entry before", payloadCommit: 'Commitment to the event', cipherHash: 'Hash of the encrypted event', height: 'Opens block',
  previousBlock: 'Hash of the block before', previousSize: 'Entries up to the block before', previousEvents: 'Events in the block before',
  oldKey: 'Old key', newKey: 'New key', oldUntil: 'Old key signs until', origin: 'Origin', key: 'Key', note: 'Signed note', leaf: 'Bytes (base64)',
};

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const link = (href, text) => element('a', { href }, text);
const hash = (text) => element('span', { class: 'hash' }, text);
const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? '' : 's'}`;
const short = (text) => (text.length > 16 ? `${text.slice(0, 12)}…` : text);

function time(text) {
  const at = new Date(text);
  const shown = Number.isNaN(at.getTime()) ? String(text) : at.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return element('time', { datetime: text }, shown);
}

function facts(rows) {
  return element('dl', {}, ...rows.filter(Boolean).flatMap(([name, value]) => [
    element('dt', {}, name), element('dd', {}, ...(Array.isArray(value) ? value : [value])),
  ]));
}

// Columns: name, class, cell of a row.
function table(caption, columns, rows) {
  return element('table', {}, element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...columns.map(([name, css]) => element('th', { scope: 'col', class: css }, name)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...columns.map(([name, css, cell]) =>
      element('td', { class: css, 'data-name': name }, element('span', {}, cell(row))))))));
}

async function read(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (answer.ok) {
    return answer.json();
  }
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || `${path}: the hub answered ${answer.status}.`);
}

function blockBefore(block) {
  return block.height > 1 ? link(`#/blocks/${block.height - 1}`, short(block.previousHash)) : 'none';
}

async function home(before) {
  const log = await read('log.json');
  const blocks = await read(`blocks?limit=${PAGE}${before ? `&before=${before}` : ''}`);
  document.getElementById('origin').textContent = log.origin;
  const oldest = blocks.length > 0 ? blocks[blocks.length - 1].height : 0;
  return [
    element('p', { class: 'claim' }, element('strong', {}, 'What this log proves'), log.claim),
    log.trouble ? element('p', { class: 'wrong', role: 'alert' }, log.trouble) : null,
    element('h2', {}, 'The log'),
    facts([
      ['Origin', hash(log.origin)],
      [log.keys.length === 1 ? 'Key' : 'Keys', element('ul', {}, ...log.keys.map((key) => element('li', {}, hash(key))))],
      ['Published', `${plural(log.size, 'entry').replace(/entrys$/, 'entries')} in ${plural(log.blocks, 'block')}`],
    ]),
    element('details', {}, element('summary', {}, 'Policy as the hub states it'), element('pre', {}, log.policy),
      element('p', { class: 'note' }, 'Whoever distrusts the hub takes the policy from elsewhere.')),
    element('h2', {}, before ? 'Older blocks' : 'Newest blocks'),
    blocks.length === 0 ? element('p', { class: 'note' }, 'No block is published yet.') : table('A block is a published checkpoint; each names the hash of the one before it.', [
      ['Block', 'number', (b) => link(`#/blocks/${b.height}`, number(b.height))],
      ['Time', 'time', (b) => time(b.publishedAt)],
      ['Size', 'number', (b) => number(b.size)],
      ['Events', 'number', (b) => number(b.events)],
      ['Signed by', '', (b) => b.cosigners.join(', ') || 'nobody'],
      ['Hash', 'hash', (b) => link(`#/blocks/${b.height}`, short(b.hash))],
      ['Block before', 'hash', (b) => blockBefore(b)],
    ], blocks),
    element('nav', { 'aria-label': 'Pages of blocks' },
      before ? link('#/', 'Newest') : null, oldest > 1 ? link(`#/before/${oldest}`, 'Older') : null),
  ];
}

async function block(height, from) {
  const detail = await read(`blocks/${height}`);
  const b = detail.block || detail;
  const first = detail.firstEntry ?? detail.entries[0];
  const last = detail.lastEntry ?? detail.entries[1];
  const start = Math.max(first, Math.min(from ?? first, last));
  const end = Math.min(last, start + PAGE - 1);
  const entries = await Promise.all(Array.from({ length: end - start + 1 }, (_, i) => read(`entries/${start + i}`)));
  return [
    element('h2', {}, `Block ${number(b.height)}`),
    facts([
      ['Published', time(b.publishedAt)],
      ['Size', `${number(b.size)} entries, ${number(b.size - b.previousSize)} of them new`],
      ['Events', number(b.events)],
      ['Signed by', b.cosigners.join(', ') || 'nobody'],
      ['Root', hash(b.root)],
      ['Block hash', hash(b.hash)],
      ['Block before', b.height > 1 ? link(`#/blocks/${b.height - 1}`, hash(b.previousHash)) : 'none'],
    ]),
    element('nav', { 'aria-label': 'Blocks beside it' },
      b.height > 1 ? link(`#/blocks/${b.height - 1}`, 'Block before') : null, link(`#/blocks/${b.height + 1}`, 'Block after'), link(`blocks/${b.height}`, 'Raw')),
    element('h2', {}, 'Checkpoint'),
    element('pre', { tabindex: '0', 'aria-label': 'Checkpoint' }, detail.checkpoint),
    element('h2', {}, 'Entries'),
    table(`Entries ${number(start)} to ${number(end)} of ${number(first)} to ${number(last)}.`, [
      ['Entry', 'number', (e) => link(`#/entries/${e.index}`, number(e.index))],
      ['Kind', '', (e) => kinds[e.kind] || e.kind],
      ['Time', 'time', (e) => time(e.at)],
      ['Pseudonym', 'hash', (e) => (e.entityTag ? short(e.entityTag) : '–')],
      ['Hash', 'hash', (e) => short(e.hash)],
    ], entries),
    element('nav', { 'aria-label': 'Pages of entries' },
      start > first ? link(`#/blocks/${height}/${Math.max(first, start - PAGE)}`, 'Earlier entries') : null,
      end < last ? link(`#/blocks/${height}/${end + 1}`, 'Later entries') : null),
  ];
}

function field(name, value) {
  if (name === 'kind') return kinds[value] || value;
  if (name === 'at' || name === 'oldUntil') return time(value);
  if (name === 'note') return element('pre', {}, value);
  if (name === 'height') return [link(`#/blocks/${value}`, number(value))];
  if (name === 'previousBlock' || typeof value === 'string') return hash(value);
  return number(value);
}

async function entry(index) {
  const e = await read(`entries/${index}`);
  const rows = Object.keys(names).filter((name) => e[name] !== undefined && e[name] !== null).map((name) => [names[name], field(name, e[name])]);
  return [
    element('h2', {}, `Entry ${number(e.index)}`),
    facts(rows),
    element('nav', { 'aria-label': 'Entries beside it' },
      e.index > 0 ? link(`#/entries/${e.index - 1}`, 'Entry before') : null, link(`#/entries/${e.index + 1}`, 'Entry after'), link(`entries/${e.index}`, 'Raw')),
    e.kind === 'event' ? element('p', { class: 'note' }, 'What happened, and to whom, is not public: the entry holds salted commitments. Its owner has a receipt that opens it.') : null,
  ];
}

async function show() {
  const path = location.hash.replace(/^#\/?/, '').split('/');
  view.setAttribute('aria-busy', 'true');
  let nodes;
  try {
    if (path[0] === 'blocks') nodes = await block(Number(path[1]), path[2] === undefined ? undefined : Number(path[2]));
    else if (path[0] === 'entries') nodes = await entry(path[1]);
    else nodes = await home(path[0] === 'before' ? path[1] : null);
    if (path[0] && !document.getElementById('origin').textContent) document.getElementById('origin').textContent = (await read('log.json')).origin;
  } catch (e) {
    nodes = [element('p', { class: 'wrong', role: 'alert' }, e.message), element('p', {}, link('#/', 'To the newest blocks'))];
  }
  view.replaceChildren(...nodes.filter(Boolean));
  view.setAttribute('aria-busy', 'false');
  document.title = `${view.querySelector('h2')?.textContent || 'Ledger'} – ledger`;
}

document.getElementById('find').addEventListener('submit', (e) => {
  e.preventDefault();
  location.hash = `#/entries/${document.getElementById('index').value}`;
});
window.addEventListener('hashchange', async () => {
  await show();
  document.getElementById('main').focus();
});
show();
