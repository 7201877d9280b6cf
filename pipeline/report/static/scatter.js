// Many dots on a canvas, pixel by pixel. With 50,000 dots Vega's own canvas takes 340 to 470 ms of
// processor time to follow a filter in Chromium, all of the workbench with this one 45 to 100 ms.
"use strict";

peacetext.scatter = (canvas, points, { pointed, picked }) => {
  const pen = canvas.getContext("2d");
  const home = [...points.frame_x, ...points.frame_y]; // left, right, bottom, top
  const FARTHEST = 40; // times that the map is enlarged at most
  const AIR = 8; // pixels between labels
  const NEAR = 9; // pixels between the pointer and the dot that it means
  let view = [...home];
  let scene = { layers: [], labels: [], ground: "#ffffff", ink: "#000000" };
  let waiting = false;

  const width = () => canvas.clientWidth;
  const height = () => canvas.clientHeight;

  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  function stamp({ data, width: w, height: h }, { colour, alpha, at }, radius, kx, ky) {
    const [red, green, blue] = rgb(colour);
    const far = Math.ceil(radius);
    const [spots, shares] = [[], []]; // the pixels of one dot, and how much of each it covers
    for (let dy = -far; dy <= far; dy += 1) {
      for (let dx = -far; dx <= far; dx += 1) {
        const share = alpha * Math.min(1, radius + 0.5 - Math.hypot(dx, dy));
        if (share > 0) shares[spots.push(4 * (dy * w + dx)) - 1] = share;
      }
    }
    for (let number = 0; number < at.length; number += 1) {
      const x = Math.round((points.x[at[number]] - view[0]) * kx);
      const y = Math.round((view[3] - points.y[at[number]]) * ky);
      if (x < far || y < far || x >= w - far || y >= h - far) continue;
      for (let pixel = 0; pixel < spots.length; pixel += 1) {
        const spot = 4 * (y * w + x) + spots[pixel];
        data[spot] += (red - data[spot]) * shares[pixel];
        data[spot + 1] += (green - data[spot + 1]) * shares[pixel];
        data[spot + 2] += (blue - data[spot + 2]) * shares[pixel];
      }
    }
  }

  function draw() {
    waiting = false;
    const [w, h, ratio] = [width(), height(), window.devicePixelRatio || 1];
    if (!w || !h) return;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(h * ratio)];
    }
    const image = pen.createImageData(canvas.width, canvas.height);
    const [red, green, blue] = rgb(scene.ground);
    new Uint32Array(image.data.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
    const enlarged = ratio * Math.min(2, Math.sqrt((home[1] - home[0]) / (view[1] - view[0])));
    const [kx, ky] = [canvas.width / (view[1] - view[0]), canvas.height / (view[3] - view[2])];
    for (const layer of scene.layers) stamp(image, layer, layer.radius * enlarged, kx, ky);
    pen.putImageData(image, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    write(w, h);
  }

  // Labels, the most important first, where they touch no other; the rest come when enlarged.
  function write(w, h) {
    const taken = [];
    [pen.textAlign, pen.textBaseline, pen.lineJoin] = ["center", "middle", "round"];
    for (const { text, x, y, strong } of scene.labels) {
      pen.font = `${strong ? 700 : 600} 12px system-ui, sans-serif`;
      const half = pen.measureText(text).width / 2 + AIR;
      const [cx, cy] = [((x - view[0]) / (view[1] - view[0])) * w, ((view[3] - y) / (view[3] - view[2])) * h];
      if (cx < 0 || cy < 0 || cx > w || cy > h) continue;
      const middle = Math.min(Math.max(cx, half), w - half);
      const box = [0, -17, 17, -34, 34].map((by) => [middle - half, cy + by - 8 - AIR / 2, middle + half, cy + by + 8 + AIR / 2])
        .find((one) => one[1] > 0 && one[3] < h && one[0] >= 0 && one[2] <= w
          && !taken.some((other) => one[0] < other[2] && one[2] > other[0] && one[1] < other[3] && one[3] > other[1]));
      if (!box) continue;
      taken.push(box);
      [pen.lineWidth, pen.strokeStyle, pen.fillStyle] = [4, scene.ground, scene.ink];
      pen.strokeText(text, middle, (box[1] + box[3]) / 2);
      pen.fillText(text, middle, (box[1] + box[3]) / 2);
    }
  }

  function redraw() {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  }

  // The lit dot nearest to a place on the screen, or -1.
  function nearest(x, y) {
    const [kx, ky] = [width() / (view[1] - view[0]), height() / (view[3] - view[2])];
    let [found, best] = [-1, NEAR * NEAR];
    for (const { lit, at } of scene.layers) {
      if (!lit) continue;
      for (const each of at) {
        const distance = ((points.x[each] - view[0]) * kx - x) ** 2 + ((view[3] - points.y[each]) * ky - y) ** 2;
        if (distance < best) [found, best] = [each, distance];
      }
    }
    return found;
  }

  function zoom(factor, x = width() / 2, y = height() / 2) {
    const times = (home[1] - home[0]) / (view[1] - view[0]) / factor;
    if (times > FARTHEST) return;
    if (times <= 1) {
      view = [...home];
      redraw();
      return;
    }
    const [px, py] = [view[0] + (x / width()) * (view[1] - view[0]), view[3] - (y / height()) * (view[3] - view[2])];
    view = [px + (view[0] - px) * factor, px + (view[1] - px) * factor, py + (view[2] - py) * factor, py + (view[3] - py) * factor];
    redraw();
  }

  function move(dx, dy) {
    const [x, y] = [(dx / width()) * (view[1] - view[0]), (dy / height()) * (view[3] - view[2])];
    view = [view[0] - x, view[1] - x, view[2] + y, view[3] + y];
    redraw();
  }

  let [held, dragged] = [null, false]; // where the pointer was
  canvas.addEventListener("pointerdown", (event) => {
    [held, dragged] = [[event.offsetX, event.offsetY], false];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    pointed(held ? -1 : nearest(x, y), x, y);
    if (!held || (!dragged && Math.hypot(x - held[0], y - held[1]) < 4)) return;
    move(x - held[0], y - held[1]);
    [held, dragged] = [[x, y], true];
  });
  canvas.addEventListener("pointerup", (event) => {
    const found = dragged ? -1 : nearest(event.offsetX, event.offsetY);
    held = null;
    if (found >= 0) picked(found);
  });
  canvas.addEventListener("pointercancel", () => { held = null; });
  canvas.addEventListener("pointerleave", () => pointed(-1, 0, 0));
  canvas.addEventListener("wheel", (event) => {
    if (event.deltaY > 0 && view[1] - view[0] >= home[1] - home[0]) return; // the page scrolls on
    event.preventDefault();
    zoom(Math.exp(Math.max(-100, Math.min(100, event.deltaY)) * 0.003), event.offsetX, event.offsetY);
  }, { passive: false });
  new ResizeObserver(redraw).observe(canvas);

  return {
    zoom,
    show(given) {
      scene = given;
      redraw();
    },
    // Where nearly all of these dots lie.
    frame(at) {
      const range = (values) => {
        const sorted = Float64Array.from(at, (each) => values[each]).sort();
        const [low, high] = [sorted[Math.floor(sorted.length * 0.03)], sorted[Math.ceil(sorted.length * 0.97) - 1]];
        return [low - (high - low) * 0.15 - 40, high + (high - low) * 0.15 + 40];
      };
      if (at.length) view = [...range(points.x), ...range(points.y)];
      redraw();
    },
  };
};
