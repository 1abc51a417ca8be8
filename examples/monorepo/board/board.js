'use strict';
// Board turns a load (JSON on standard input) into the page on the depot's wall.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function text(s) {
  return String(s).replace(/[&<>"']/g, (c) => escapes[c]);
}

function money(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function page(load) {
  const rows = load.zones.map(
    (q) => `<tr><td>${text(q.zone)}</td><td>${q.kg} kg</td><td>${money(q.cents)}</td></tr>`,
  );
  return [
    '<!doctype html>',
    '<title>Depot</title>',
    `<h1>${load.parcels} parcels, ${load.kg} kg, ${money(load.cents)}</h1>`,
    '<table>',
    ...rows,
    '</table>',
    '',
  ].join('\n');
}

module.exports = { money, page, text };

if (require.main === module) {
  let input = '';
  process.stdin.on('data', (d) => (input += d));
  process.stdin.on('end', () => {
    try {
      process.stdout.write(page(JSON.parse(input)));
    } catch (e) {
      process.stderr.write(`board: ${e.message}\n`);
      process.exitCode = 1;
    }
  });
}
