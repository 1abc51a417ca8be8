'use strict';
const assert = require('node:assert');
const test = require('node:test');
const { money, page } = require('./board.js');

test('cents are shown with two digits', () => {
  assert.strictEqual(money(5), '0.05');
  assert.strictEqual(money(400), '4.00');
  assert.strictEqual(money(123456), '1234.56');
});

test('the page sums up and lists each parcel', () => {
  const html = page({ parcels: 1, kg: 2, cents: 460, zones: [{ zone: 'home', kg: 2, cents: 460 }] });
  assert.match(html, /<h1>1 parcels, 2 kg, 4\.60<\/h1>/);
  assert.match(html, /<td>home<\/td><td>2 kg<\/td><td>4\.60<\/td>/);
});

test('a zone is text, never markup', () => {
  const html = page({ parcels: 1, kg: 1, cents: 1, zones: [{ zone: '<b>', kg: 1, cents: 1 }] });
  assert.ok(!html.includes('<b>'));
});
