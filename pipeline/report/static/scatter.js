// Many dots on a canvas. Vega takes 0.7 to 1.3 s to redraw 50,000 of them in Chromium, this a
// twentieth of it; what the dots mean is the workbench's.
"use strict";

peacetext.scatter = (canvas, points, { pointed, picked }) => {
  const pen = canvas.getContext("2d");
  const home = [...points.frame_x, ...points.frame_y]; // left, right, bottom, top
  const FARTHEST = 40; // times that the map is enlarged at most
  const NEAR = 9; // pixels between the pointer and the dot that it means
  let view = [...home];
  let scene = { layers: [], labels: [], ground: "", ink: "" };
  let waiting = false;

  const width = () => canvas.clientWidth;
  const height = () => canvas.clientHeight;
  const across = (x) => ((x - view[0]) / (view[1] - view[0])) * width();
  const down = (y) => ((view[3] - y) / (view[3] - view[2])) * height();

  // One dot, drawn once and stamped: far quicker than as many paths.
  function stamp(colour, radius, ratio) {
    const side = Math.ceil(2 * radius * ratio) + 2;
    const made = peacetext.element("canvas", { width: side, height: side });
    const ink = made.getContext("2d");
    ink.fillStyle = colour;
    ink.arc(side / 2, side / 2, radius * ratio, 0, 2 * Math.PI);
    ink.fill();
    return made;
  }

  function draw() {
    waiting = false;
    const [w, h, ratio] = [width(), height(), window.devicePixelRatio || 1];
    if (!w || !h) return;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(h * ratio)];
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = 1;
    pen.fillStyle = scene.ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const enlarged = Math.min(2, Math.sqrt((home[1] - home[0]) / (view[1] - view[0])));
    const [kx, ky] = [(w * ratio) / (view[1] - view[0]), (h * ratio) / (view[3] - view[2])];
    for (const { colour, alpha, radius, at } of scene.layers) {
      const dot = stamp(colour, radius * enlarged, ratio);
      const half = dot.width / 2;
      pen.globalAlpha = alpha;
      for (const each of at) {
        const x = (points.x[each] - view[0]) * kx - half;
        const y = (view[3] - points.y[each]) * ky - half;
        if (x > -dot.width && y > -dot.width && x < canvas.width && y < canvas.height) pen.drawImage(dot, x, y);
      }
    }
    pen.globalAlpha = 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    write(w, h);
  }

  // Labels, the most important first, where they touch no other; the rest come when enlarged.
  function write(w, h) {
    const taken = [];
    [pen.textAlign, pen.textBaseline, pen.lineJoin] = ["center", "middle", "round"];
    for (const { text, x, y, strong } of scene.labels) {
      pen.font = `${strong ? 700 : 600} 12px system-ui, sans-serif`;
      const half = pen.measureText(text).width / 2 + 5;
      const [cx, cy] = [across(x), down(y)];
      if (cx < 0 || cy < 0 || cx > w || cy > h) continue;
      const middle = Math.min(Math.max(cx, half), w - half);
      const box = [0, -17, 17, -34, 34].map((by) => [middle - half, cy + by - 9, middle + half, cy + by + 9])
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
    let [found, best] = [-1, NEAR * NEAR];
    for (const { lit, at } of scene.layers) {
      if (!lit) continue;
      for (const each of at) {
        const distance = (across(points.x[each]) - x) ** 2 + (down(points.y[each]) - y) ** 2;
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

  const held = new Map();
  let dragged = false;
  const apart = () => {
    const [one, other] = [...held.values()];
    return Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
  };
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    dragged = held.size > 1;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    const before = held.get(event.pointerId);
    if (!before) {
      pointed(nearest(x, y), x, y);
      return;
    }
    if (!dragged && Math.hypot(x - before[0], y - before[1]) < 4) return;
    dragged = true;
    const gap = held.size === 2 ? apart() : 0;
    held.set(event.pointerId, [x, y]);
    if (gap) zoom(gap / apart(), x, y);
    else move(x - before[0], y - before[1]);
    pointed(-1, x, y);
  });
  const release = (event) => {
    held.delete(event.pointerId);
  };
  canvas.addEventListener("pointerup", (event) => {
    release(event);
    const found = dragged ? -1 : nearest(event.offsetX, event.offsetY);
    if (found >= 0) picked(found);
  });
  canvas.addEventListener("pointercancel", release);
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
    whole() {
      view = [...home];
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
