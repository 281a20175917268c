/** Time on the lab page. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { Player } from "../../../../hosts/browser/lab/src/playback/player.ts";

test("at speed 1 ten steps pass in a second, and at the end it begins again", () => {
  const player = new Player();
  player.load(30, 0);
  assert.equal(player.advance(1), false);
  player.toggle();
  for (let k = 0; k < 10; k++) player.advance(0.1);
  assert.ok(Math.abs(player.t + player.within - 10) < 1e-6);
  for (let k = 0; k < 20; k++) player.advance(0.1);
  assert.equal(player.t, 29);
  for (let k = 0; k < 20; k++) player.advance(0.1);
  assert.ok(player.t < 10);
});

test("a tab that was hidden does not jump, and slow is slow", () => {
  const player = new Player();
  player.load(1000, 0);
  player.toggle();
  player.advance(3600);
  assert.ok(player.t <= 3);
  player.seek(0);
  player.speed = 0.01;
  for (let k = 0; k < 60; k++) player.advance(1 / 60);
  assert.equal(player.t, 0);
  assert.ok(Math.abs(player.within - 0.1) < 1e-6);
});

test("seeking stays within the recording, by steps and by periods", () => {
  const player = new Player();
  player.load(50, 99);
  assert.equal(player.t, 49);
  player.seek(-5);
  assert.equal(player.t, 0);
  const starts = [0, 1, 8, 15, 22, 29, 36, 43];
  const seen: number[] = [];
  for (let k = 0; k < 9; k++) {
    player.seekPeriod(starts, 1);
    seen.push(player.t);
  }
  assert.deepEqual(seen, [1, 8, 15, 22, 29, 36, 43, 49, 49]);
  player.seekPeriod(starts, -1);
  assert.equal(player.t, 43);
});

test("what follows the end may be something else", () => {
  const player = new Player();
  player.load(2, 0);
  let ended = 0;
  player.onEnd = () => {
    ended++;
    return true;
  };
  player.toggle();
  for (let k = 0; k < 40; k++) player.advance(0.1);
  assert.ok(ended >= 1);
  assert.equal(player.t, 1);
});

test.run();
